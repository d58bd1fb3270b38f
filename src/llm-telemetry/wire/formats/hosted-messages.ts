import { atPaths, type BuiltInFormat } from './format.js';
import { messages } from './messages.js';

const RAW_PREDICT = atPaths(':rawPredict', ':streamRawPredict');

/**
 * Anthropic Messages on Google Vertex AI: the same bodies and events, with the model in the path.
 * Source: Vertex AI documentation, “Request predictions with Claude models”; @anthropic-ai/vertex-sdk 1 (`client`).
 */
export const vertexMessages: BuiltInFormat = {
  ...messages,
  ...RAW_PREDICT,
  provider: 'gcp.vertex_ai',
  rateLimitHeaders: undefined,
  // Token counting is a separate model on Vertex AI.
  matches: (path) => RAW_PREDICT.matches(path) && !path.includes('/count-tokens:'),
  // Models of other vendors use other bodies.
  accepts: (keys) => keys.has('anthropic_version') && keys.has('messages'),
  readRequest: (body, url, headers) => ({
    ...messages.readRequest(body, url, headers),
    model: /\/models\/([^/:]+):/.exec(url)?.[1] ?? null,
  }),
};

import type { WireFormat } from './format.js';
import { messages } from './messages.js';

/**
 * Anthropic Messages on Google Vertex AI: the same bodies and events, with the model in the path.
 * Source: Vertex AI documentation, “Request predictions with Claude models”; @anthropic-ai/vertex-sdk 1 (`client`).
 */
export const vertexMessages: WireFormat = {
  ...messages,
  provider: 'gcp.vertex_ai',
  rateLimitHeaders: undefined,
  // Token counting is a separate model on Vertex AI.
  matches: (path) =>
    (path.endsWith(':rawPredict') || path.endsWith(':streamRawPredict')) && !path.includes('/count-tokens:'),
  // Models of other vendors use other bodies.
  accepts: (keys) => keys.has('anthropic_version') && keys.has('messages'),
  readRequest: (body, url) => ({
    ...messages.readRequest(body, url),
    model: /\/models\/([^/:]+):/.exec(url)?.[1] ?? null,
  }),
};

import { atPaths, type BuiltInFormat } from './format.js';
import { messages } from './messages.js';

const STREAMED = '/invoke-with-response-stream';

/**
 * Anthropic Messages on Amazon Bedrock: the same bodies, with the model in the path. Streams use AWS event stream
 * frames, which are not parsed, so their usage is missing. Source: Amazon Bedrock API reference, “InvokeModel” and
 * “InvokeModelWithResponseStream”; @anthropic-ai/bedrock-sdk 1 (`client`).
 */
export const bedrockMessages: BuiltInFormat = {
  ...messages,
  ...atPaths('/invoke', STREAMED),
  provider: 'aws.bedrock',
  rateLimitHeaders: undefined,
  // Models of other vendors use other bodies.
  accepts: (keys) => keys.has('anthropic_version') && keys.has('messages'),
  readRequest: (body, url, headers) => ({
    ...messages.readRequest(body, url, headers),
    model: modelIn(url),
    stream: url.endsWith(STREAMED),
  }),
  readResponse: (body, response) => {
    messages.readResponse(body, response);
    // The response omits region and version of the model, which determine its price.
    response.model = null;
  },
};

/** Returns the model, or its ARN, in `/model/us.anthropic.claude-…-v1%3A0/invoke`; `null` if there is none. */
function modelIn(url: string): string | null {
  const name = /\/model\/([^/]+)\/invoke/.exec(url)?.[1];
  return name === undefined ? null : decoded(name);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

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

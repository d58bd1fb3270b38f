import type { WireFormat } from './format.js';
import { messages } from './messages.js';

/**
 * Anthropic Messages at Amazon Bedrock: the same bodies, with the model in the path. Streams come in frames of AWS,
 * which are not read: their usage is missing. Source: Amazon Bedrock API reference, “InvokeModel” and
 * “InvokeModelWithResponseStream”; @anthropic-ai/bedrock-sdk 1 (`client`).
 */
export const bedrockMessages: WireFormat = {
  ...messages,
  provider: 'aws.bedrock',
  rateLimitHeaders: undefined,
  matches: (path) => path.endsWith('/invoke') || path.endsWith(STREAMED),
  // Other makers' models are invoked with other bodies.
  accepts: (keys) => keys.has('anthropic_version') && keys.has('messages'),
  readRequest: (body, url) => ({
    ...messages.readRequest(body, url),
    model: modelIn(url),
    stream: url.endsWith(STREAMED),
  }),
  readResponse: (body, answer) => {
    messages.readResponse(body, answer);
    // It is named there without region and version, which its price depends on.
    answer.model = null;
  },
};

const STREAMED = '/invoke-with-response-stream';

/** `/model/us.anthropic.claude-…-v1%3A0/invoke`, maybe an ARN; `null` where there is none. */
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

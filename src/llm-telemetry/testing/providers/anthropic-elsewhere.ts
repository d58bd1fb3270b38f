import { anthropicMessages } from './anthropic-messages.js';
import { awsChunk } from './aws-event-stream.js';
import type { EmulatedApi } from './provider.js';

/**
 * Anthropic Messages at Amazon Bedrock: the path contains the model and selects streaming; events are framed.
 * Source: Amazon Bedrock API reference, “InvokeModel” and “InvokeModelWithResponseStream”.
 */
export const bedrockMessages: EmulatedApi = {
  ...anthropicMessages,
  idPrefix: 'msg_bdrk_',
  headers: (requestId) => ({ 'x-amzn-requestid': requestId }),
  matches: (path) => /\/model\/[^/]+\/invoke(-with-response-stream)?$/.test(path),
  read: (body, tokenizer, path) => {
    const asked = decodeURIComponent(/\/model\/([^/]+)/.exec(path)![1]!);
    const stream = path.endsWith('-with-response-stream');
    return anthropicMessages.read({ ...body, model: nameAlone(asked), stream }, tokenizer, path);
  },
  eventStream: {
    contentType: 'application/vnd.amazon.eventstream',
    encode: (event) => awsChunk(/^data: (.*)$/m.exec(event)![1]!),
  },
};

/** Strips region, vendor and version from names like `us.anthropic.claude-haiku-4-5-20251001-v1:0`. */
function nameAlone(model: string): string {
  return /claude-[\w.-]*?(?=-v\d+(?::\d+)?$|$)/.exec(model)?.[0] ?? model;
}

/** Anthropic Messages at Google Vertex AI. Source: Vertex AI documentation, “Request predictions with Claude models”. */
export const vertexMessages: EmulatedApi = {
  ...anthropicMessages,
  idPrefix: 'msg_vrtx_',
  matches: (path) => /\/models\/[^/:]+:(rawPredict|streamRawPredict)$/.test(path),
  read: (body, tokenizer, path) => {
    const model = /\/models\/([^/:]+):/.exec(path)![1]!.replace('@', '-');
    return anthropicMessages.read({ ...body, model }, tokenizer, path);
  },
};

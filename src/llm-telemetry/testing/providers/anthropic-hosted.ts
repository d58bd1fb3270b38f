import { anthropicMessages } from './anthropic-messages.js';
import type { EmulatedApi } from '../model/emulated-api.js';
import { awsChunk, awsEventStream } from './bedrock-frames.js';
import { INVOKE } from './bedrock-makers.js';
import { bedrockPlatform, countHeaders, invocationMetrics, modelOf } from './bedrock-platform.js';

/**
 * Anthropic Messages at Amazon Bedrock: the path contains the model and selects streaming; events are framed.
 * Source: Amazon Bedrock API reference, “InvokeModel” and “InvokeModelWithResponseStream”.
 */
export const bedrockMessages: EmulatedApi = {
  ...anthropicMessages,
  ...bedrockPlatform,
  filterFinish: 'refusal',
  idPrefix: 'msg_bdrk_',
  matches: (path) => INVOKE.test(path) && /claude/.test(modelOf(path)),
  read: (body, tokenizer, path, headers) => {
    const model = nameAlone(modelOf(path));
    const stream = path.endsWith('-with-response-stream');
    return anthropicMessages.read({ ...body, model, stream }, tokenizer, path, headers);
  },
  jsonHeaders: countHeaders,
  *events(generated) {
    for (const { text, tokens } of anthropicMessages.events(generated)) {
      const event = JSON.parse(/^data: (.*)$/m.exec(text)![1]!) as { readonly type: string };
      const isLast = event.type === 'message_stop';
      yield { text: awsChunk(isLast ? { ...event, ...invocationMetrics(generated) } : event), tokens };
    }
  },
  eventStream: awsEventStream,
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
  read: (body, tokenizer, path, headers) => {
    const model = /\/models\/([^/:]+):/.exec(path)![1]!.replace('@', '-');
    return anthropicMessages.read({ ...body, model }, tokenizer, path, headers);
  },
};

import type { ResponseDraft } from '../response-draft.js';
import type { FinishReason } from '../finish-reason.js';
import {
  asArray,
  asCount,
  asNumber,
  asObject,
  asString,
  parseJson,
  type JsonObject,
} from '../json/json-value.js';
import { readProviderError } from '../dialects/error-body.js';
import { jsonStringBytes } from '../json/text-bytes.js';
import type { WireFormat } from './format.js';

/**
 * Responses of OpenAI's Realtime API, which are events of a WebSocket. Not a format of requests: the transport uses it
 * directly. Source: OpenAI API reference, “Realtime”; types of openai 7 (`resources/realtime`).
 */
export const realtime: WireFormat = {
  operation: 'chat',
  provider: 'openai',
  matches: (path) => path.endsWith('/realtime'),
  accepts: () => true,
  requestKeys: new Set(['model', 'max_output_tokens', 'output_modalities']),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: true,
    // `inf` means no limit.
    maxTokens: asNumber(body['max_output_tokens']) ?? undefined,
    outputType: asArray(body['output_modalities']).includes('audio') ? 'speech' : undefined,
  }),
  // The input is the conversation, which the provider keeps.
  inputBytes: () => null,
  readResponse: () => {},
  readEvent,
};

/** Reads an event of a response. */
function readEvent(data: string, response: ResponseDraft): void {
  const event = asObject(parseJson(data));
  const type = asString(event?.['type']);
  if (event === null || type === null) return;
  if (type.endsWith('.delta')) {
    response.outputChunks++;
    response.hasContent = true;
    // Audio is encoded, so its bytes are not text.
    if (!type.includes('audio.')) response.outputBytes += jsonStringBytes(data, ['"delta":"']);
    return;
  }
  if (type === 'error') {
    response.error = readProviderError(event['error']);
    return;
  }
  const body = asObject(event['response']);
  if (body === null || (type !== 'response.created' && type !== 'response.done')) return;
  response.id ??= asString(body['id']);
  if (type === 'response.done') readDone(body, response);
}

function readDone(body: JsonObject, response: ResponseDraft): void {
  const usage = asObject(body['usage']);
  if (usage) readUsage(usage, response);
  const output = asArray(body['output']);
  response.hasContent = output.length > 0 || response.outputChunks > 0;
  const details = asObject(body['status_details']);
  const status = asString(body['status']) ?? 'completed';
  const reason = asString(details?.['reason']);
  if (status === 'failed') response.error = readProviderError(details?.['error'] ?? details);
  const hasToolCall = output.some((item) => asObject(item)?.['type'] === 'function_call');
  response.finish = FINISH.get(reason ?? '') ?? (hasToolCall ? 'tool_calls' : (FINISH.get(status) ?? status));
  response.finishReasons = [reason ?? status];
  response.complete = response.error === null;
}

/** By `status_details.reason` and by `status`. Source: types of openai 7 (`RealtimeResponseStatus`). */
const FINISH: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['max_output_tokens', 'length'],
  ['content_filter', 'content_filter'],
  ['turn_detected', 'cancelled'],
  ['client_cancelled', 'cancelled'],
  ['completed', 'stop'],
  ['cancelled', 'cancelled'],
  ['failed', 'error'],
]);

/** Cached tokens are a part of the input, and audio and images a part of both. */
function readUsage(usage: JsonObject, { usage: draft }: ResponseDraft): void {
  const input = asObject(usage['input_token_details']);
  const cached = asObject(input?.['cached_tokens_details']);
  const output = asObject(usage['output_token_details']);
  const cachedAudio = asCount(cached?.['audio_tokens']) ?? 0;
  const cachedImages = asCount(cached?.['image_tokens']) ?? 0;
  draft.inputTokens = asCount(usage['input_tokens']);
  draft.outputTokens = asCount(usage['output_tokens']);
  draft.totalTokens = asCount(usage['total_tokens']);
  draft.cachedAudioInputTokens = cachedAudio;
  draft.cachedImageInputTokens = cachedImages;
  draft.cachedInputTokens = (asCount(input?.['cached_tokens']) ?? 0) - cachedAudio - cachedImages;
  draft.audioInputTokens = (asCount(input?.['audio_tokens']) ?? 0) - cachedAudio;
  draft.imageInputTokens = (asCount(input?.['image_tokens']) ?? 0) - cachedImages;
  draft.audioOutputTokens = asCount(output?.['audio_tokens']) ?? 0;
}

import { ResponsesContent } from '../content/responses.content.js';
import type { ResponseDraft } from '../response-draft.js';
import type { FinishReason } from '../finish-reason.js';
import {
  asArray,
  asBoolean,
  asCount,
  asNumber,
  asObject,
  asString,
  parseJson,
  type JsonObject,
} from '../json/json-value.js';
import { errorIn, readProviderError } from '../dialects/error-body.js';
import { finishOfWord } from '../dialects/finish-words.js';
import { addModelUsage, imageUsage, isNonEmpty, OPENAI_RATE_LIMIT_HEADERS } from './response-parts.js';
import { readHostedTools } from '../dialects/hosted-tools.js';
import { readProviderCost } from '../dialects/provider-cost.js';
import { readUsageMembers, RESPONSES_USAGE_MEMBERS } from '../dialects/usage-members.js';
import { outputTypeOf } from './request-parts.js';
import { jsonStringBytes, textBytes } from '../json/text-bytes.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';

/**
 * OpenAI Responses: JSON, streamed and in background mode. Source: OpenAI API reference, “Responses” and “Streaming
 * events”; types of openai 7 (`resources/responses`).
 */
export const responses: BuiltInFormat = {
  operation: 'chat',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  // Compacting a conversation is billed as a response.
  ...atPaths('/responses', '/responses/compact'),
  // Other applications also have a `/responses` path. The input can be given in four ways.
  accepts: (keys) =>
    (keys.has('input') && (keys.has('model') || keys.has('previous_response_id'))) ||
    keys.has('prompt') ||
    keys.has('conversation'),
  requestKeys: new Set([
    'model',
    'stream',
    'max_output_tokens',
    'temperature',
    'top_p',
    'service_tier',
    'previous_response_id',
    'conversation',
    'prompt',
    'reasoning',
    'text',
  ]),
  content: (limit) => new ResponsesContent(limit),
  landmarks: {
    piece: /^\{"type":"response\./,
    starts: [
      '{"type":"response.completed"',
      '{"type":"response.incomplete"',
      '{"type":"response.failed"',
      '{"type":"response.cancelled"',
      '{"type":"error"',
      '{"type":"response.error"',
      '{"error":',
      '{"object":"error"',
    ],
    within: null,
  },
  readRequest,
  envelopeBytes: 1500,
  inputBytes,
  readResponse,
  readEvent,
};

function readRequest(body: JsonObject): RequestParameters {
  return {
    model: asString(body['model']),
    stream: asBoolean(body['stream']) ?? false,
    maxTokens: asNumber(body['max_output_tokens']) ?? undefined,
    temperature: asNumber(body['temperature']) ?? undefined,
    topP: asNumber(body['top_p']) ?? undefined,
    serviceTier: asString(body['service_tier']) ?? undefined,
    reasoningEffort: asString(asObject(body['reasoning'])?.['effort']) ?? undefined,
    outputType: outputTypeOf(asObject(body['text'])?.['format']),
    previousResponseId: asString(body['previous_response_id']) ?? undefined,
    conversationId:
      asString(asObject(body['conversation'])?.['id']) ?? asString(body['conversation']) ?? undefined,
  };
}

/** Returns `null` if the provider stores a part of the input. */
function inputBytes(body: JsonObject): number | null {
  if (body['previous_response_id'] || body['conversation'] || body['prompt']) return null;
  return textBytes(body['instructions']) + textBytes(body['input']) + textBytes(body['tools']);
}

function readResponse(body: JsonObject, draft: ResponseDraft): void {
  if (body['object'] !== 'response') draft.error = errorIn(body);
  if (draft.error !== null) return;
  readResponseObject(body, draft);
  // Only measured if the response has no token count.
  if (draft.usage.outputTokens === null)
    for (const item of asArray(body['output'])) draft.outputBytes += itemBytes(asObject(item));
  const status = asString(body['status']);
  if (status === 'queued' || status === 'in_progress') {
    // Background mode: the response is not finished and has no usage yet.
    draft.finish = 'paused';
    draft.finishReasons = [status];
  }
  draft.complete = draft.error === null;
}

function readEvent(data: string, draft: ResponseDraft): void {
  const type = typeOf(data);
  if (type.endsWith('.delta')) {
    readDelta(type, data, draft);
    return;
  }
  // Without deltas, a complete item can be the only output.
  const isItem = type === 'response.output_item.done' && draft.outputChunks === 0;
  // Events without a type are errors of servers that pass on those of another API.
  if (!isItem && !STATE_EVENTS.has(type) && type !== '') return;
  const event = asObject(parseJson(data));
  if (!event) return;
  if (isItem) {
    if (isContentItem(event['item'])) draft.hasContent = true;
    return;
  }
  if (type === 'error' || type === 'response.error' || type === '') {
    // Documented as flat, but some servers nest it as in an error body.
    draft.error ??= errorIn(event);
    return;
  }
  const response = asObject(event['response']);
  if (!response) return;
  readResponseObject(response, draft);
  if (FINAL_EVENTS.has(type)) draft.complete = draft.error === null;
}

/** Events with the state of the response. Other events repeat the deltas. */
const STATE_EVENTS = new Set([
  'response.created',
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'error',
  // Gateways. https://github.com/QuantumNous/new-api/issues/3142
  'response.error',
]);

const FINAL_EVENTS = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
]);

/** Returns the type of an event. The provider writes it first; otherwise the event is parsed. */
function typeOf(data: string): string {
  if (data.startsWith(TYPE_FIRST)) return data.slice(TYPE_FIRST.length, data.indexOf('"', TYPE_FIRST.length));
  return asString(asObject(parseJson(data))?.['type']) ?? '';
}

const TYPE_FIRST = '{"type":"';
const DELTA_KEYS = ['"delta":"'] as const;

function readDelta(type: string, data: string, draft: ResponseDraft): void {
  let bytes = jsonStringBytes(data, DELTA_KEYS);
  if (bytes === 0) bytes = textBytes(asObject(parseJson(data))?.['delta']);
  if (bytes === 0) return;
  draft.outputChunks++;
  // Audio is encoded, so its bytes are not text.
  if (type !== 'response.audio.delta') draft.outputBytes += bytes;
}

/** Reads a response object, complete or in progress. */
function readResponseObject(response: JsonObject, draft: ResponseDraft): void {
  draft.id ??= asString(response['id']);
  draft.model ??= asString(response['model']);
  if (draft.hasContent !== true && Array.isArray(response['output']))
    draft.hasContent = response['output'].some(isContentItem);
  draft.usage.serviceTier = asString(response['service_tier']) ?? draft.usage.serviceTier;
  readHostedTools(response, draft.usage);
  const usage = asObject(response['usage']);
  if (usage) {
    readUsage(usage, draft);
    const pictures = asObject(asObject(response['tool_usage'])?.['image_gen']);
    if (pictures) addModelUsage(imageModel(response), imageUsage(pictures), draft);
  }
  readStatus(response, draft);
}

/** Returns the model that generates images: named by the tool, or chosen by the provider. */
function imageModel(response: JsonObject): string {
  const tool = asArray(response['tools'])
    .map(asObject)
    .find((tool) => tool?.['type'] === 'image_generation');
  return asString(tool?.['model']) ?? 'image_generation';
}

function readUsage(usage: JsonObject, draft: ResponseDraft): void {
  const usageDraft = draft.usage;
  const input = asObject(usage['input_tokens_details']);
  readUsageMembers(usage, usageDraft, RESPONSES_USAGE_MEMBERS);
  const written = asCount(input?.['cache_write_tokens']);
  if (written !== null) {
    // Other cache writes have the default lifetime of thirty minutes.
    const for12h = asCount(asObject(input?.['cache_write_tokens_details'])?.['ttl_12h_tokens']) ?? 0;
    usageDraft.cacheWriteTokens12h = for12h;
    usageDraft.cacheWriteTokens5m = written - for12h;
  }
  readProviderCost(usage, usageDraft);
}

function readStatus(response: JsonObject, draft: ResponseDraft): void {
  const status = asString(response['status']);
  switch (status) {
    case null:
      return;
    case 'completed':
      draft.finish = finishOfOutput(asArray(response['output']));
      draft.finishReasons = [status];
      return;
    case 'incomplete': {
      const reason = asString(asObject(response['incomplete_details'])?.['reason']) ?? status;
      draft.finish = INCOMPLETE.get(reason) ?? finishOfWord(reason);
      draft.finishReasons = [reason];
      return;
    }
    case 'failed':
      draft.finish = 'error';
      draft.finishReasons = [status];
      draft.error = readProviderError(response['error']);
      return;
    case 'cancelled':
      draft.finish = 'cancelled';
      draft.finishReasons = [status];
      return;
    case 'queued':
    case 'in_progress':
      // The state of a stream that has just started.
      return;
    default:
      draft.finish = status;
      draft.finishReasons = [status];
  }
}

/** Returns whether an output item is content. Reasoning counts if its text is present. */
function isContentItem(value: unknown): boolean {
  const item = asObject(value);
  switch (item?.['type']) {
    // https://github.com/BerriAI/litellm/pull/36907
    case undefined:
      return isNonEmpty(item?.['content']);
    case 'message':
      return asArray(item['content']).some((part) => isContentPart(asObject(part)));
    case 'reasoning':
      return isNonEmpty(item['summary']) || isNonEmpty(item['content']);
    default:
      return true;
  }
}

function isContentPart(part: JsonObject | null): boolean {
  return part !== null && (part['type'] !== 'output_text' || isNonEmpty(part['text']));
}

const INCOMPLETE: ReadonlyMap<string, FinishReason> = new Map([
  ['max_output_tokens', 'length'],
  ['max_messages', 'length'],
  ['content_filter', 'content_filter'],
  ['steered', 'paused'],
]);

/** Distinguishes responses with the status `completed`: stop, refusal or tool call. */
function finishOfOutput(output: readonly unknown[]): FinishReason {
  let finish: FinishReason = 'stop';
  for (const entry of output) {
    const item = asObject(entry);
    if (item?.['type'] === 'function_call' || item?.['type'] === 'custom_tool_call') finish = 'tool_calls';
    for (const part of asArray(item?.['content'])) {
      if (asObject(part)?.['type'] === 'refusal') return 'refusal';
    }
  }
  return finish;
}

function itemBytes(item: JsonObject | null): number {
  if (!item) return 0;
  return (
    textBytes(item['content']) +
    textBytes(item['summary']) +
    textBytes(item['arguments']) +
    textBytes(item['input'])
  );
}

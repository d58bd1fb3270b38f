import { MessagesContent } from '../content/messages.content.js';
import { emptyUsage, type ResponseDraft, type UsageDraft } from '../response-draft.js';
import { MAX_NAMES } from '../../text/bounded-name.js';
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
import { errorIn } from '../dialects/error-body.js';
import { finishOfWord } from '../dialects/finish-words.js';
import { hasContent, isNonEmpty } from './response-parts.js';
import { outputTypeOf, stopSequencesOf } from './request-parts.js';
import { jsonStringBytes, textBytes } from '../json/text-bytes.js';
import { NO_TOOLS, type ToolUses } from '../usage.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';

/**
 * Anthropic Messages. Source: Anthropic API reference, “Messages” and “Streaming Messages”; types of
 * @anthropic-ai/sdk 1 (`resources/messages`).
 */
export const messages: BuiltInFormat = {
  operation: 'chat',
  provider: 'anthropic',
  // Source: Anthropic API documentation, “Rate limits”, “Response headers”.
  rateLimitHeaders: [
    'anthropic-ratelimit-requests-remaining',
    'anthropic-ratelimit-input-tokens-remaining',
    'anthropic-ratelimit-output-tokens-remaining',
    'anthropic-ratelimit-tokens-remaining',
  ],
  ...atPaths('/messages'),
  // Other applications also have a `/messages` path. These are the three keys that Anthropic requires.
  accepts: (keys) => keys.has('messages') && keys.has('max_tokens') && keys.has('model'),
  requestKeys: new Set([
    'model',
    'stream',
    'max_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop_sequences',
    'service_tier',
    'output_config',
    'output_format',
  ]),
  content: (limit) => new MessagesContent(limit),
  landmarks: {
    piece: /^\{"type":"content_block_delta"/,
    starts: ['{"type":"message_', '{"type":"error"', '{"error":', '{"object":"error"'],
    within: null,
  },
  readRequest,
  envelopeBytes: 450,
  inputBytes: (body) => textBytes(body['system']) + textBytes(body['messages']) + textBytes(body['tools']),
  readResponse,
  readEvent,
};

function readRequest(body: JsonObject): RequestParameters {
  const output = asObject(body['output_config']);
  return {
    model: asString(body['model']),
    stream: asBoolean(body['stream']) ?? false,
    maxTokens: asNumber(body['max_tokens']) ?? undefined,
    temperature: asNumber(body['temperature']) ?? undefined,
    topP: asNumber(body['top_p']) ?? undefined,
    topK: asNumber(body['top_k']) ?? undefined,
    stopSequences: stopSequencesOf(body['stop_sequences']),
    serviceTier: asString(body['service_tier']) ?? undefined,
    reasoningEffort: asString(output?.['effort']) ?? undefined,
    // `output_format` is the name before structured outputs left beta.
    outputType: outputTypeOf(output?.['format'] ?? body['output_format']),
  };
}

function readResponse(body: JsonObject, response: ResponseDraft): void {
  response.error = errorIn(body);
  if (response.error !== null) return;
  readMessage(body, response);
  if (!Array.isArray(body['content'])) response.hasContent = hasContent(body, ENVELOPE);
  // Only measured if the response has no token count.
  if (response.usage.outputTokens === null)
    for (const block of asArray(body['content'])) response.outputBytes += blockBytes(asObject(block));
  readStopReason(body['stop_reason'], response);
  response.complete = true;
}

function readEvent(data: string, response: ResponseDraft): void {
  // Nearly all events are text deltas, which the provider writes with the type first.
  if (response.outputChunks > 0 && data.startsWith('{"type":"content_block_delta"')) {
    response.outputChunks++;
    response.outputBytes += jsonStringBytes(data, DELTA_TEXT_KEYS);
    return;
  }
  const event = asObject(parseJson(data));
  if (!event) return;
  switch (event['type']) {
    case 'message_start': {
      const message = asObject(event['message']);
      if (!message) return;
      readMessage(message, response);
      // The output count in message_start is a placeholder; message_delta has the actual count.
      response.usage.outputTokens = null;
      return;
    }
    case 'content_block_start':
      if (isContentBlock(event['content_block'])) response.hasContent = true;
      return;
    case 'content_block_delta': {
      const bytes = blockBytes(asObject(event['delta']));
      if (bytes === 0) return;
      response.outputChunks++;
      response.outputBytes += bytes;
      return;
    }
    case 'message_delta': {
      readStopReason(asObject(event['delta'])?.['stop_reason'], response);
      const usage = asObject(event['usage']);
      readContainer(asObject(event['delta'])?.['container'], response);
      if (usage) readUsage(usage, response);
      return;
    }
    case 'message_stop':
      response.complete = true;
      return;
    default:
      response.error ??= errorIn(event);
  }
}

/** Returns whether a block is content. A text block can be empty at its start; any other block is content. */
function isContentBlock(value: unknown): boolean {
  const block = asObject(value);
  return block !== null && (block['type'] !== 'text' || isNonEmpty(block['text']));
}

const ENVELOPE = new Set([
  'id',
  'type',
  'role',
  'model',
  'usage',
  'container',
  'stop_reason',
  'stop_sequence',
  'stop_details',
  'context_management',
]);

const DELTA_TEXT_KEYS = ['"text":"', '"partial_json":"', '"thinking":"'] as const;

function blockBytes(block: JsonObject | null): number {
  if (!block) return 0;
  return (
    textBytes(block['text']) +
    textBytes(block['thinking']) +
    textBytes(block['partial_json']) +
    textBytes(block['input'])
  );
}

function readMessage(message: JsonObject, response: ResponseDraft): void {
  response.id ??= asString(message['id']);
  response.model ??= asString(message['model']);
  readContainer(message['container'], response);
  if (response.hasContent !== true) response.hasContent = asArray(message['content']).some(isContentBlock);
  const usage = asObject(message['usage']);
  if (usage) readUsage(usage, response);
}

/**
 * Records that code was executed in a container, which is billed by duration; responses do not contain the duration.
 * Source: Anthropic API documentation, “Code execution”: free when used with a web search or fetch.
 */
function readContainer(container: unknown, response: ResponseDraft): void {
  if (asObject(container)) response.usage.toolUses = CODE_EXECUTION;
}

const CODE_EXECUTION: ToolUses = Object.freeze({ code_execution: 1 });

/** Reads a usage. Only counts that are present overwrite earlier ones. */
export function readUsage(usage: JsonObject, response: ResponseDraft): void {
  readCounts(usage, response.usage);
  const tools = asObject(usage['server_tool_use']);
  // Web fetches are free, and so is code execution together with a web search or fetch.
  if (asCount(tools?.['web_search_requests']) || asCount(tools?.['web_fetch_requests']))
    response.usage.toolUses = NO_TOOLS;
  const iterations = asArray(usage['iterations']);
  if (iterations.length > 0) readIterations(iterations, response);
}

/**
 * Reads the steps of a response (beta), each possibly by another model: turns of a loop, an advisor, a fallback, a
 * context summary. The top-level counts omit some steps, so they are replaced by the sum of the steps.
 */
function readIterations(entries: readonly unknown[], response: ResponseDraft): void {
  const { usage } = response;
  if (!entries.some(hasCounts)) return;
  const { serviceTier, speed, geo } = usage;
  const sum = emptyUsage();
  const iterations: Array<{ model: string | null; usage: UsageDraft }> = [];
  for (const entry of entries) {
    const step = asObject(entry) ?? {};
    const counts = emptyUsage();
    readCounts(step, counts);
    addCounts(sum, counts);
    if (iterations.length < MAX_NAMES)
      iterations.push({ model: asString(step['model']), usage: { ...counts, serviceTier, speed, geo } });
    // Bounds the number of steps. The tokens of further steps are added to the last one.
    else addCounts(iterations[MAX_NAMES - 1]!.usage, counts);
  }
  for (const count of STEP_COUNTS) usage[count] = sum[count] ?? 0;
  iterations[0]!.usage.webSearchRequests = usage.webSearchRequests;
  iterations[0]!.usage.toolUses = usage.toolUses;
  response.iterations = iterations;
}

function addCounts(sum: UsageDraft, counts: UsageDraft): void {
  for (const count of STEP_COUNTS) sum[count] = (sum[count] ?? 0) + (counts[count] ?? 0);
}

function hasCounts(entry: unknown): boolean {
  const step = asObject(entry);
  return asCount(step?.['input_tokens']) !== null || asCount(step?.['output_tokens']) !== null;
}

const STEP_COUNTS = [
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteTokens5m',
  'cacheWriteTokens1h',
  'outputTokens',
] as const satisfies ReadonlyArray<keyof UsageDraft>;

/**
 * Returns whether a usage has only zeros for the input. No request has an input of 0 tokens: proxies send zeros in
 * `message_delta`, or do not count. https://github.com/envoyproxy/ai-gateway/pull/1631
 */
function isBlank(usage: JsonObject): boolean {
  if (asCount(usage['input_tokens']) !== 0) return false;
  return !asCount(usage['cache_creation_input_tokens']) && !asCount(usage['cache_read_input_tokens']);
}

function readInput(usage: JsonObject, draft: UsageDraft): void {
  const previousUncached =
    draft.inputTokens === null
      ? null
      : draft.inputTokens - draft.cachedInputTokens - draft.cacheWriteTokens5m - draft.cacheWriteTokens1h;
  const creation = asObject(usage['cache_creation']);
  draft.cacheWriteTokens1h = asCount(creation?.['ephemeral_1h_input_tokens']) ?? draft.cacheWriteTokens1h;
  const uncached = asCount(usage['input_tokens']) ?? previousUncached;
  const written = asCount(usage['cache_creation_input_tokens']);
  // If the total is smaller than its part, the difference is negative; `toUsage` clamps and flags it.
  draft.cacheWriteTokens5m =
    written === null
      ? (asCount(creation?.['ephemeral_5m_input_tokens']) ?? draft.cacheWriteTokens5m)
      : written - draft.cacheWriteTokens1h;
  draft.cachedInputTokens = asCount(usage['cache_read_input_tokens']) ?? draft.cachedInputTokens;
  // Anthropic's `input_tokens` exclude cache tokens; `inputTokens` include them.
  if (uncached !== null) {
    draft.inputTokens =
      uncached + draft.cachedInputTokens + draft.cacheWriteTokens5m + draft.cacheWriteTokens1h;
  }
}

/**
 * Reads counts. `message_delta` repeats cumulative counts and omits or nulls others, so only present counts overwrite.
 */
function readCounts(usage: JsonObject, draft: UsageDraft): void {
  if (!isBlank(usage)) readInput(usage, draft);
  draft.outputTokens = asCount(usage['output_tokens']) ?? draft.outputTokens;
  draft.reasoningTokens =
    asCount(asObject(usage['output_tokens_details'])?.['thinking_tokens']) ?? draft.reasoningTokens;
  draft.webSearchRequests =
    asCount(asObject(usage['server_tool_use'])?.['web_search_requests']) ?? draft.webSearchRequests;
  draft.serviceTier = asString(usage['service_tier']) ?? draft.serviceTier;
  draft.speed = asString(usage['speed']) ?? draft.speed;
  draft.geo = asString(usage['inference_geo']) ?? draft.geo;
}

/** Normalized finish reasons by `stop_reason`. */
export const FINISH: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'context_window'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'refusal'],
  ['pause_turn', 'paused'],
  ['compaction', 'paused'],
]);

function readStopReason(value: unknown, response: ResponseDraft): void {
  const reason = asString(value);
  if (reason === null) return;
  response.finishReasons = [reason];
  response.finish = FINISH.get(reason) ?? finishOfWord(reason);
}

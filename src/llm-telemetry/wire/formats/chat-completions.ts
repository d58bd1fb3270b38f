import { ChatCompletionsContent } from '../content/chat-completions.content.js';
import type { ProviderError, ResponseDraft, UsageDraft } from '../response-draft.js';
import { detached, MAX_NAMES } from '../../text/bounded-name.js';
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
import { choicesHaveContent, OPENAI_RATE_LIMIT_HEADERS } from './response-parts.js';
import { readToolCounts } from '../dialects/hosted-tools.js';
import { readProviderCost } from '../dialects/provider-cost.js';
import { CHAT_USAGE_MEMBERS, readUsageMembers } from '../dialects/usage-members.js';
import { outputTypeOf, stopSequencesOf } from './request-parts.js';
import { jsonStringBytes, textBytes } from '../json/text-bytes.js';
import { scanTopLevel } from '../json/top-level-scan.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';

/**
 * OpenAI Chat Completions, also supported by most other providers and servers.
 * Source: OpenAI API reference, “Chat Completions”; types of openai 7 (`resources/chat/completions`).
 */
export const chatCompletions: BuiltInFormat = {
  operation: 'chat',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  ...atPaths('/chat/completions'),
  accepts: (keys) => keys.has('messages'),
  requestKeys: new Set([
    'model',
    'stream',
    'max_tokens',
    'max_completion_tokens',
    'temperature',
    'top_p',
    'frequency_penalty',
    'presence_penalty',
    'seed',
    'n',
    'stop',
    'service_tier',
    'reasoning_effort',
    'response_format',
    'modalities',
  ]),
  content: (limit) => new ChatCompletionsContent(limit),
  landmarks: {
    piece: /^\{"[^"]*":\S/,
    starts: ['[DONE]', '{"error":'],
    within: /_reason":"|usage":\{|timings":\{|refusal":"|error":[{"]|:"error"/g,
  },
  readRequest,
  envelopeBytes: 600,
  inputBytes: (body) => textBytes(body['messages']) + textBytes(body['tools']),
  readResponse,
  skimResponse,
  readEvent,
};

function readRequest(body: JsonObject): RequestParameters {
  return {
    model: asString(body['model']),
    stream: asBoolean(body['stream']) ?? false,
    maxTokens: asNumber(body['max_completion_tokens']) ?? asNumber(body['max_tokens']) ?? undefined,
    temperature: asNumber(body['temperature']) ?? undefined,
    topP: asNumber(body['top_p']) ?? undefined,
    frequencyPenalty: asNumber(body['frequency_penalty']) ?? undefined,
    presencePenalty: asNumber(body['presence_penalty']) ?? undefined,
    seed: asNumber(body['seed']) ?? undefined,
    choiceCount: asNumber(body['n']) ?? undefined,
    stopSequences: stopSequencesOf(body['stop']),
    serviceTier: asString(body['service_tier']) ?? undefined,
    reasoningEffort: asString(body['reasoning_effort']) ?? undefined,
    outputType: outputTypeOfChat(body),
  };
}

/** Audio and images are requested by modality; image models may also return text. */
function outputTypeOfChat(body: JsonObject): RequestParameters['outputType'] {
  const modalities = asArray(body['modalities']);
  if (modalities.includes('audio')) return 'speech';
  if (modalities.includes('image')) return 'image';
  return outputTypeOf(body['response_format']);
}

export function readResponse(body: JsonObject, response: ResponseDraft): void {
  readCommon(body, response);
  response.hasContent = choicesHaveContent(body);
  for (const item of asArray(body['choices'])) {
    const choice = asObject(item);
    if (!choice) continue;
    const message = asObject(choice['message']);
    // Only measured if the response has no token count.
    if (message && response.usage.outputTokens === null)
      response.outputBytes += textBytes(message['content']) + textBytes(message['tool_calls']);
    readChoiceFinish(choice, asString(message?.['refusal']) !== null, response);
  }
  response.complete = response.error === null;
}

const SCANNED_MEMBERS = new Set(['id', 'model', 'service_tier', 'usage', 'x_groq', 'error']);
const CHOICES = new Set(['choices']);
/** Cannot match inside a string, where quotes are escaped. */
const FINISH_REASON = /"finish_reason":\s*"([^"\\]*)"/g;
const REFUSAL_OR_ERROR = /"(?:refusal":\s*"|error":\s*\{)/;
const CONTENT = /"(?:content|arguments|reasoning|reasoning_content)":\s*"[^"]/;

/**
 * Reads a typical response (one choice, with usage) without parsing its choices: only the finish reason is searched in
 * them.
 */
function skimResponse(json: string, response: ResponseDraft): boolean {
  const scanned = scanTopLevel(json, SCANNED_MEMBERS, CHOICES);
  if (!scanned?.complete) return false;
  const { choices, error, usage } = scanned.members;
  if (typeof choices !== 'string' || error || asCount(asObject(usage)?.['completion_tokens']) === null)
    return false;
  const [found, ...others] = choices.matchAll(FINISH_REASON);
  if (!found || others.length > 0 || REFUSAL_OR_ERROR.test(choices) || !CONTENT.test(choices)) return false;
  readCommon(scanned.members, response);
  readChoiceFinish({ finish_reason: detached(found[1]!) }, false, response);
  response.hasContent = true;
  response.complete = true;
  return true;
}

function readEvent(data: string, response: ResponseDraft): void {
  if (data === '[DONE]') {
    response.hasContent ??= false;
    response.complete = true;
    return;
  }
  if (response.outputChunks > 0 && isPlainDelta(data)) {
    response.outputChunks++;
    response.outputBytes += jsonStringBytes(data, DELTA_TEXT_KEYS);
    return;
  }
  const chunk = asObject(parseJson(data));
  if (chunk) readChunk(chunk, response);
}

/** Reads a parsed chunk of a stream. */
export function readChunk(chunk: JsonObject, response: ResponseDraft): void {
  readCommon(chunk, response);
  if (response.hasContent !== true) response.hasContent = choicesHaveContent(chunk);
  for (const item of asArray(chunk['choices'])) {
    const choice = asObject(item);
    const delta = asObject(choice?.['delta']);
    if (!choice) continue;
    const bytes = delta ? deltaBytes(delta) : 0;
    if (bytes > 0) {
      response.outputChunks++;
      response.outputBytes += bytes;
    }
    readChoiceFinish(choice, asString(delta?.['refusal']) !== null, response);
  }
}

/** Members with the text of a delta, most frequent first. */
const DELTA_TEXT_KEYS = ['"content":"', '"arguments":"', '"reasoning_content":"', '"reasoning":"'] as const;

/**
 * Returns whether a chunk is a plain text delta, without finish reason and usage, as nearly all chunks of a stream are.
 * Matches the exact formatting of the providers; any other chunk (spaces, other keys) is parsed.
 */
function isPlainDelta(data: string): boolean {
  return (
    data.includes('"finish_reason":null') &&
    !data.includes('"finish_reason":"') &&
    !data.includes('"usage":{') &&
    !data.includes('"timings":{') &&
    !data.includes('"refusal":"') &&
    !data.includes('"error":')
  );
}

function deltaBytes(delta: JsonObject): number {
  return (
    textBytes(delta['content']) +
    textBytes(delta['refusal']) +
    textBytes(delta['reasoning_content']) +
    textBytes(delta['reasoning']) +
    textBytes(delta['tool_calls'])
  );
}

export function readCommon(body: JsonObject, response: ResponseDraft): void {
  response.id ??= asString(body['id']);
  response.model ??= asString(body['model']);
  response.usage.serviceTier = asString(body['service_tier']) ?? response.usage.serviceTier;
  response.error ??= errorIn(body) ?? groqErrorIn(body);
  const usage = usageIn(body);
  if (usage === null) return;
  readUsageMembers(usage, response.usage, CHAT_USAGE_MEMBERS);
  readCacheLifetimes(usage, response.usage);
  readProviderCost(usage, response.usage);
  readToolCounts(usage, response.usage);
}

/** Groq reports in `x_groq.error` why a stream stopped early. Source: types of groq-sdk 1 (`ChatCompletionChunk.XGroq`). */
function groqErrorIn(body: JsonObject): ProviderError | null {
  const groq = asObject(body['x_groq']);
  return groq && errorIn(groq);
}

/**
 * Reads the lifetimes of cache writes, which gateways to Anthropic break down. Sources: LiteLLM documentation, “Prompt
 * Caching”; Alibaba Cloud Model Studio documentation, “Context Cache”.
 */
function readCacheLifetimes(usage: JsonObject, draft: UsageDraft): void {
  const details = asObject(usage['prompt_tokens_details']);
  const lifetimes =
    asObject(details?.['cache_creation_token_details']) ?? asObject(details?.['cache_creation']);
  const oneHour = asCount(lifetimes?.['ephemeral_1h_input_tokens']);
  if (!oneHour) return;
  draft.cacheWriteTokens1h = oneHour;
  draft.cacheWriteTokens5m = asCount(lifetimes?.['ephemeral_5m_input_tokens']) ?? 0;
}

/** Returns the usage of a completion or chunk; `null` if it has none. */
function usageIn(body: JsonObject): JsonObject | null {
  return (
    asObject(body['usage']) ??
    // Groq API reference, “Chat”: streams send the usage in `x_groq`.
    asObject(asObject(body['x_groq'])?.['usage']) ??
    // Moonshot API documentation, “Chat”: streams send the usage in the choice.
    asObject(asObject(asArray(body['choices'])[0])?.['usage']) ??
    usageOfTimings(asObject(body['timings']))
  );
}

/**
 * Returns the usage that llama.cpp's timings stand for: streams have no other unless the request asks for one. The input is
 * what was read from the cache and the rest. Source: https://github.com/ggml-org/llama.cpp/pull/15827.
 */
function usageOfTimings(timings: JsonObject | null): JsonObject | null {
  const read = asCount(timings?.['prompt_n']);
  const generated = asCount(timings?.['predicted_n']);
  if (read === null || generated === null) return null;
  const cached = asCount(timings?.['cache_n']) ?? 0;
  return {
    prompt_tokens: read + cached,
    completion_tokens: generated,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

/** Rank of finish reasons: of several choices, the highest rank decides. Unknown reasons rank in between. */
const FINISH_RANK: ReadonlyMap<FinishReason, number> = new Map([
  ['stop', 0],
  ['tool_calls', 1],
  ['length', 3],
  ['content_filter', 4],
  ['refusal', 5],
]);
const UNKNOWN_FINISH_RANK = 2;

/** Reads how a choice ended. A choice of OpenRouter can have an error of its own (types of @openrouter/sdk 1). */
export function readChoiceFinish(choice: JsonObject, refused: boolean, response: ResponseDraft): void {
  if (choice['error']) response.error ??= errorIn({ error: choice['error'] });
  const reason = asString(choice['finish_reason']);
  if (reason !== null && response.finishReasons.length < MAX_NAMES) response.finishReasons.push(reason);
  // A refusal also ends with `stop`.
  const finish = refused ? 'refusal' : reason === null ? null : finishOfWord(reason);
  if (finish !== null && (response.finish === null || finishRank(finish) > finishRank(response.finish)))
    response.finish = finish;
}

function finishRank(finish: FinishReason): number {
  return FINISH_RANK.get(finish) ?? UNKNOWN_FINISH_RANK;
}

import type { FinishReason } from '../finish-reason.js';
import type { HeaderGetter } from '../headers.js';
import { asArray, asCount, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import type { ProviderError, ResponseDraft, UsageDraft } from '../response-draft.js';
import { hintIn } from '../dialects/error-words.js';
import { finishOfWord } from '../dialects/finish-words.js';

/** Parts that the APIs of Amazon Bedrock share. */

/**
 * Returns the model, an inference profile or an ARN, in `/model/us.anthropic.claude-…-v1%3A0/converse`; `null` for a path
 * of another API.
 *
 * @param action - last segment of the path
 */
export function modelInPath(path: string, action: string): string | null {
  const end = path.length - action.length - 1;
  if (path[end] !== '/' || !path.endsWith(action)) return null;
  const start = path.indexOf(MODEL);
  if (start < 0 || start + MODEL.length >= end) return null;
  const model = path.slice(start + MODEL.length, end);
  try {
    return decodeURIComponent(model);
  } catch {
    return model;
  }
}

const MODEL = '/model/';

/** Returns whether a name is one of Bedrock: an ARN, or a model of a vendor, possibly of a region. */
export function isBedrockModel(model: string): boolean {
  return /^(?:arn:aws[\w-]*:|[\w-]+\.[\w-]+)/.test(model);
}

/** Returns the strings of a list of stop sequences; `undefined` for anything else. */
export function stringsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}

/**
 * Reads `TokenUsage`. `inputTokens` exclude tokens that were read from or written to the cache. Names with `Count` are
 * those of Amazon Nova in `InvokeModel`.
 *
 * Source: types of @aws-sdk/client-bedrock-runtime 3 (`TokenUsage`, `CacheDetail`); Amazon Bedrock user guide, “Prompt
 * caching”.
 *
 * @param mayIncludeCache - the model's streams report an input that includes the cache tokens
 */
export function readTokenUsage(value: unknown, draft: UsageDraft, mayIncludeCache = false): void {
  const usage = asObject(value);
  if (!usage) return;
  const read = asCount(usage['cacheReadInputTokens']) ?? asCount(usage['cacheReadInputTokenCount']) ?? 0;
  const { total, oneHour } = cacheWrites(usage);
  const input = asCount(usage['inputTokens']);
  if (input !== null) {
    const isIncluded = mayIncludeCache && input >= read + total;
    draft.inputTokens = isIncluded ? input : input + read + total;
    draft.cachedInputTokens = read;
    draft.cacheWriteTokens1h = oneHour;
    draft.cacheWriteTokens5m = total - oneHour;
  }
  draft.outputTokens = asCount(usage['outputTokens']) ?? draft.outputTokens;
}

function cacheWrites(usage: JsonObject): { readonly total: number; readonly oneHour: number } {
  let sum = 0;
  let oneHour = 0;
  for (const entry of asArray(usage['cacheDetails'])) {
    const detail = asObject(entry);
    const tokens = asCount(detail?.['inputTokens']) ?? 0;
    sum += tokens;
    if (detail?.['ttl'] === '1h') oneHour += tokens;
  }
  const total = asCount(usage['cacheWriteInputTokens']) ?? asCount(usage['cacheWriteInputTokenCount']) ?? sum;
  return { total, oneHour };
}

/**
 * Reads token counts and tier from the headers of a response. Models whose bodies have no token counts
 * (Cohere Embed, Mistral) have them only here. Bodies overwrite them.
 *
 * Source: Amazon Bedrock API reference, “InvokeModel”, response headers; types of @aws-sdk/client-bedrock-runtime 3
 * (`InvokeModelResponse`); @ai-sdk/amazon-bedrock 5 (`AmazonBedrockEmbeddingModel`).
 */
export function readBedrockHeaders(headers: HeaderGetter, response: ResponseDraft): void {
  const { usage } = response;
  const input = countIn(headers, 'x-amzn-bedrock-input-token-count');
  if (input !== null) {
    usage.cachedInputTokens = countIn(headers, 'x-amzn-bedrock-cache-read-input-token-count') ?? 0;
    usage.cacheWriteTokens5m = countIn(headers, 'x-amzn-bedrock-cache-write-input-token-count') ?? 0;
    usage.inputTokens = input + usage.cachedInputTokens + usage.cacheWriteTokens5m;
  }
  usage.outputTokens = countIn(headers, 'x-amzn-bedrock-output-token-count');
  usage.serviceTier = headers.get('x-amzn-bedrock-service-tier');
  readLatency(headers.get('x-amzn-bedrock-performanceconfig-latency'), response);
}

function countIn(headers: HeaderGetter, name: string): number | null {
  const value = headers.get(name);
  return value !== null && /^\d+$/.test(value) ? asCount(Number(value)) : null;
}

/** Reads the performance configuration. Latency-optimized inference has separate prices. */
export function readLatency(latency: unknown, response: ResponseDraft): void {
  if (latency === 'optimized') response.usage.speed = 'optimized';
}

/**
 * Reads the body of an error response. Its code is usually in a header (`ResponseHead.errorCode`). Returns `false` for any
 * other body.
 */
export function readErrorBody(body: JsonObject, response: ResponseDraft): boolean {
  const message = asString(body['message']) ?? asString(body['Message']);
  const code = asString(body['__type']) ?? asString(body['code']);
  if (code === null && (message === null || !Object.keys(body).every((name) => ERROR_MEMBERS.has(name))))
    return false;
  response.error = awsError(code, message);
  return true;
}

/** Source: types of @aws-sdk/client-bedrock-runtime 3 (`ModelErrorException`); AWS restJson1 protocol. */
const ERROR_MEMBERS = new Set([
  'message',
  'Message',
  '__type',
  'code',
  'originalMessage',
  'originalStatusCode',
  'resourceName',
]);

/**
 * Reads an exception in a stream: its type is in the headers of the frame, `throttlingException`. Returns `false` for an
 * event.
 */
export function readException(data: string, type: string | null, response: ResponseDraft): boolean {
  if (type === null || !EXCEPTION.test(type)) return false;
  const body = asObject(parseJson(data));
  const message = asString(body?.['originalMessage']) ?? asString(body?.['message']);
  response.error = awsError(type, message);
  return true;
}

/** Modeled exceptions, and codes of unmodeled errors (`InternalFailure`, `ServiceUnavailable`, `AccessDenied`). */
const EXCEPTION = /Exception$|Error$|^[A-Z]/;

/**
 * Normalizes the code: `ThrottlingException:http://internal.amazon.com/…`, `com.amazon.coral#ThrottlingException` and
 * `throttlingException` are one.
 */
function awsError(code: string | null, message: string | null): ProviderError {
  const name = code?.split(':', 1)[0]!.split('#').at(-1);
  return {
    code: name ? name[0]!.toUpperCase() + name.slice(1) : null,
    type: null,
    hint: message === null ? null : hintIn(message),
  };
}

/** Source: types of @aws-sdk/client-bedrock-runtime 3 (`StopReason`). */
const FINISH: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'context_window'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['malformed_model_output', 'error'],
  ['malformed_tool_use', 'error'],
]);

/** Reads a stop reason of Converse or Nova. */
export function readStopReason(value: unknown, response: ResponseDraft): void {
  const reason = asString(value);
  if (reason === null) return;
  response.finishReasons = [reason];
  response.finish = FINISH.get(reason) ?? finishOfWord(reason);
}

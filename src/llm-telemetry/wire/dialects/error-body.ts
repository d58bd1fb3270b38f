import { asArray, asNumber, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import type { ProviderError } from '../response-draft.js';
import { MAX_DELAY_MS } from '../headers.js';
import { codeOfText, hintIn, wordOfMinimaxCode } from './error-words.js';

/**
 * Returns the error that a response body contains, in any dialect; `null` if it contains none. Sources of the dialects:
 *
 * - `{ error: {…} }`: OpenAI and most others. `{ error: "text" }`: Ollama, Hugging Face.
 * - `{ type: "error", error: {…} }`: Anthropic.
 * - `{ object: "error", message, code }`: vLLM, Mistral. https://github.com/PrimeIntellect-ai/nano-rlm/issues/162
 * - `{ code: 429, message }`: gateways, within a 200. https://github.com/comet-ml/opik/pull/1138
 * - `{ base_resp: { status_code, status_msg } }`: MiniMax.
 * - `{ success: false, code: 401, msg }`: Zhipu and others, within a 200.
 * - `{ success: false, errors: [{ code, message }] }`: Cloudflare, also within a 200 and in streams.
 * - `{ detail }`: FastAPI, Mistral. `{ message }`: Cohere, Amazon Bedrock. Only in failed responses.
 *
 * @param failed - whether the status of the response is an error, so that any object describes it
 */
export function errorIn(body: JsonObject, failed = false): ProviderError | null {
  const error = body['error'];
  if (error && !isBlank(error)) return readProviderError(typeof error === 'object' ? error : body);
  const base = asObject(body['base_resp']);
  if (base && base['status_code'] !== 0) return readProviderError(base);
  const hasList = asArray(body['errors']).length > 0;
  const isError =
    failed ||
    body['object'] === 'error' ||
    body['type'] === 'error' ||
    isErrorItself(body) ||
    (hasList && body['success'] === false);
  return isError ? readProviderError(hasList ? body['errors'] : body) : null;
}

/** Returns whether nothing in an error is set. Gateways that use one type for all responses send such an error. */
function isBlank(error: unknown): boolean {
  return typeof error === 'object' && error !== null && !Object.values(error).some(isSet);
}

function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** Returns whether a body is an error itself: a text with the status that it stands for, or with the mark of a failure. */
function isErrorItself(body: JsonObject): boolean {
  const text = body['message'] ?? body['msg'];
  return typeof text === 'string' && (statusOf(body) !== undefined || body['success'] === false);
}

/** Returns the error that a page of a website stands for, which a wrong URL or a proxy sends with the status 200. */
export function errorOfPage(text: string): ProviderError | null {
  return PAGE.test(text.slice(0, MAX_PAGE_START)) ? readProviderError({ code: 'html_page' }) : null;
}

const PAGE = /^\s*<(?:!doctype html|html|head)\b/i;
const MAX_PAGE_START = 1024;

/** Returns the error in the data of an event that is named `error`: JSON of any shape, or a text; `null` for cut JSON. */
export function errorOfEvent(data: string): ProviderError | null {
  if (!isJsonLike(data)) return readProviderError({ message: data });
  const body = parseErrorText(data);
  return body && errorIn(body, true);
}

/**
 * Reads a provider's error object. Its text is only searched for conditions that neither code nor status tells, and not
 * retained, because it can quote the prompt.
 */
export function readProviderError(value: unknown): ProviderError {
  const error = asObject(asArray(value)[0] ?? value) ?? {};
  const metadata = asObject(error['metadata']);
  const details = asArray(error['details']).map(asObject);
  return {
    code: codeOf(error) ?? reasonOf(details),
    type:
      typeOf(error) ??
      // Google's canonical status, such as `RESOURCE_EXHAUSTED`. https://cloud.google.com/apis/design/errors
      asString(error['status']) ??
      // Text Generation Inference.
      asString(error['error_type']) ??
      // OpenRouter. https://github.com/diegosouzapw/OmniRoute/issues/8210
      asString(metadata?.['error_type']),
    hint: hintOf(error, metadata),
    status: statusOf(error),
    retryAfterMs: retryAfterOf(error, details, metadata),
  };
}

function codeOf(error: JsonObject): string | null {
  const minimax = asNumber(error['status_code']);
  if (minimax !== null && asString(error['status_msg']) !== null) return wordOfMinimaxCode(minimax);
  // Amazon Bedrock and other AWS services: `com.amazon.coral.service#ThrottlingException`.
  const type = asString(error['__type']);
  return (
    codeOfText(asString(error['message']) ?? asString(error['error']) ?? '') ??
    asString(error['code']) ??
    (type && type.slice(type.indexOf('#') + 1))
  );
}

/** Returns the type of an error. `error` is the type of the body that contains it. */
function typeOf(error: JsonObject): string | null {
  const type = asString(error['type']);
  return type === 'error' ? null : type;
}

/** Returns the reason of Google's `ErrorInfo`, such as `API_KEY_INVALID`, whose status is 400. */
function reasonOf(details: ReadonlyArray<JsonObject | null>): string | null {
  for (const detail of details) {
    const reason = asString(detail?.['reason']);
    if (reason !== null) return reason;
  }
  return null;
}

/** Returns the HTTP status that an error names, as OpenRouter and vLLM do inside a 200. */
function statusOf(error: JsonObject): number | undefined {
  for (const member of STATUS_MEMBERS) {
    const value = error[member];
    const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : asNumber(value);
    if (status !== null && status >= 400 && status <= 599) return status;
  }
  return undefined;
}

/** `statusCode`: LiteLLM proxies; `status_code`: Ollama; `http_status_code`: Text Generation Inference. */
const STATUS_MEMBERS = ['code', 'status', 'status_code', 'statusCode', 'http_status_code'] as const;

function hintOf(error: JsonObject, metadata: JsonObject | null): ProviderError['hint'] {
  for (const member of TEXT_MEMBERS) {
    const hint = hintIn(textOf(error[member]));
    if (hint !== null) return hint;
  }
  // OpenRouter passes on the error of the upstream provider as text.
  const raw = metadata?.['raw'];
  return typeof raw === 'string' ? hintIn(raw) : null;
}

/** `detail`: FastAPI; `status_msg`: MiniMax; `error`: Ollama; `msg`: FastAPI's list of problems. */
const TEXT_MEMBERS = ['message', 'detail', 'error', 'status_msg', 'msg'] as const;

/** Returns the text of a message, or of a list of problems. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const first = asObject(asArray(value)[0] ?? value);
  return asString(first?.['msg']) ?? asString(first?.['message']) ?? '';
}

function retryAfterOf(
  error: JsonObject,
  details: ReadonlyArray<JsonObject | null>,
  metadata: JsonObject | null,
): number | undefined {
  for (const detail of details) {
    // Google: `RetryInfo` has a duration in the JSON form of Protocol Buffers, such as `34.4s`.
    const delay = /^(\d+(?:\.\d+)?)s$/.exec(asString(detail?.['retryDelay']) ?? '')?.[1];
    if (delay !== undefined) return bounded(Number(delay) * 1000);
  }
  for (const [member, unitMs] of DELAY_MEMBERS) {
    const delay = asNumber(error[member]) ?? asNumber(metadata?.[member]);
    if (delay !== null && delay >= 0) return bounded(delay * unitMs);
  }
  return undefined;
}

function bounded(delayMs: number): number {
  return Math.min(Math.round(delayMs), MAX_DELAY_MS);
}

/** Members with the requested delay, with their unit in milliseconds. `estimated_time`: Hugging Face, while a model loads. */
const DELAY_MEMBERS: ReadonlyArray<readonly [member: string, unitMs: number]> = [
  ['retry_after_ms', 1],
  ['retry_after', 1000],
  ['retry_after_seconds', 1000],
  ['estimated_time', 1000],
];

/** Longest text of an error that is parsed, in characters. */
const MAX_PARSED = 64 * 1024;

/** Parses the JSON of an error, as SDKs keep it in messages and bodies; `null` if it is not an object or a list of one. */
export function parseErrorText(text: string): JsonObject | null {
  if (!isJsonLike(text) || text.length > MAX_PARSED) return null;
  const value = parseJson(text);
  return asObject(asArray(value)[0] ?? value);
}

function isJsonLike(text: string): boolean {
  const start = text.charCodeAt(0);
  return start === OPENING_BRACE || start === OPENING_BRACKET;
}

const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

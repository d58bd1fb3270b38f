import { MAX_NAME_LENGTH } from '../text/bounded-name.js';
import { isAgentAbort } from '../wire/dialects/agent-words.js';
import { hintIn } from '../wire/dialects/error-words.js';
import { asNumber, asObject, asString } from '../wire/json/json-value.js';
import { providerErrorOf } from './provider-error.js';
import type { ProviderError } from '../wire/response-draft.js';
import {
  type LlmErrorType,
  QUOTA_CODE,
  TYPES_BY_CODE,
  TYPES_BY_CODE_WITHOUT_STATUS,
  TYPES_BY_STATUS,
} from './error-codes.js';

export type { LlmErrorType } from './error-codes.js';

/** Descriptions of the error types, without any text of the provider. */
export const ERROR_DESCRIPTIONS: Readonly<Record<LlmErrorType, string>> = {
  aborted: 'Aborted by the application',
  timeout: 'Timed out',
  connection: 'Connection to the provider failed',
  quota_exhausted: 'Quota or credit with the provider is exhausted',
  rate_limit: 'Rate limited by the provider',
  overloaded: 'Provider is overloaded',
  context_window_exceeded: 'Prompt exceeds the context window',
  content_filter: 'Response blocked by content filter',
  truncated: 'Response truncated by token limit',
  request_too_large: 'Request too large',
  auth: 'Authentication with the provider failed',
  permission: 'Permission denied by the provider',
  not_found: 'Model or resource not found',
  bad_request: 'Request rejected by the provider',
  server_error: 'Provider failed',
  parse: 'Model output could not be parsed',
  stream_cut: 'Response was cut off before its end',
  empty_response: 'Response has no content',
  agent_limit: 'Agent reached its limit of turns or cost',
  budget_exceeded: 'Refused because a budget is used up',
  unknown: 'Call failed',
};

/** Facts about a failure, from an error object or a response. */
interface FailureFacts {
  readonly code: string | null;
  readonly type: string | null;
  readonly hint: ProviderError['hint'];
  /** Status of the response. */
  readonly status: number | null;
  /** Status that the body names. */
  readonly bodyStatus: number | null;
}

/**
 * Returns the type of a thrown error. Duck-typed, since `instanceof` fails with two installs of an SDK in one tree. If the
 * error has no type by itself, its `cause` decides, as in `new Error('summary failed', { cause })`. Never throws: errors
 * with getters or proxies that throw are `unknown`.
 */
export function errorTypeOf(error: unknown): LlmErrorType {
  try {
    return typeOfChain(error);
  } catch {
    return 'unknown';
  }
}

function typeOfChain(error: unknown): LlmErrorType {
  for (const link of causesOf(error)) {
    const type = typeOfLink(link);
    if (type !== 'unknown') return type;
  }
  return 'unknown';
}

/** Maximum length of a chain of causes, which can be circular. */
const MAX_CAUSES = 8;

/**
 * Yields an error and its chain of causes. The cause of the Vercel AI SDK's `RetryError` is `lastError`.
 *
 * @throws errors of getters.
 */
export function* causesOf(error: unknown): Generator<unknown, void> {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current !== undefined && current !== null; depth++) {
    yield current;
    const { cause, lastError } = current as { cause?: unknown; lastError?: unknown };
    current = lastError ?? cause;
  }
}

/** Returns whether an error belongs to a model SDK, judged by the names of its classes. Its status is a provider's. */
export function isSdkError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return classNames(error).some((name) => SDK_CLASSES.has(name) || name.startsWith('AI_'));
}

/**
 * Returns the class name of an error: its constructor's, since the `name` of the OpenAI SDK's errors is always `Error`.
 * Only the name of a function is used, and only if it is an identifier: an application can throw a parsed response, whose
 * members contain the provider's text.
 */
export function errorClassOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  try {
    return classNameOf(Object.getPrototypeOf(error)) ?? 'Error';
  } catch {
    return 'Error';
  }
}

/** Returns the class name of a prototype; `null` if it has none, or one that is not an identifier. */
function classNameOf(prototype: unknown): string | null {
  const constructor = (prototype as { constructor?: unknown } | null)?.constructor;
  if (typeof constructor !== 'function') return null;
  const name: unknown = constructor.name;
  return typeof name === 'string' && name.length <= MAX_NAME_LENGTH && IDENTIFIER.test(name) ? name : null;
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * Returns the type of a failed HTTP response.
 *
 * @param headerCode - code of the error in a header (`ResponseHead.errorCode`)
 */
export function errorTypeOfResponse(
  error: ProviderError | null,
  status: number | null,
  headerCode: string | null = null,
): LlmErrorType {
  return (
    typeOfFacts({
      code: error?.code ?? headerCode,
      type: error?.type ?? null,
      hint: error?.hint ?? null,
      status,
      bodyStatus: error?.status ?? null,
    }) ?? 'unknown'
  );
}

/** Returns the error type of a request that failed without a response. */
export function errorTypeOfTransport(error: unknown): LlmErrorType {
  const type = errorTypeOf(error);
  return type === 'unknown' ? 'connection' : type;
}

function typeOfLink(error: unknown): LlmErrorType {
  if (typeof error !== 'object' || error === null) return 'unknown';
  const names = classNames(error);
  // The class of these errors is decisive: some have a misleading status or code.
  for (const name of names) {
    const type = TYPES_BY_DECISIVE_CLASS.get(name);
    // The OpenAI SDK throws an abort error also if the application's signal timed out; the cause is the signal's reason.
    if (type === 'aborted' && isTimeoutReason((error as { cause?: unknown }).cause)) return 'timeout';
    if (type) return type;
  }
  const byFacts = typeOfFacts(factsOf(error));
  if (byFacts) return byFacts;
  for (const name of names) {
    const type = TYPES_BY_CLASS.get(name);
    if (type) return type;
  }
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (message === SDK_TIMEOUT_MESSAGE) return 'timeout';
  if (isAgentAbort(error)) return 'aborted';
  if (names.includes('AnthropicError') && typeof message === 'string' && UNPARSED.test(message))
    return 'parse';
  return typeof code === 'string' && CONNECTION_CODE.test(code) ? 'connection' : 'unknown';
}

/** Message of the timeout errors of the OpenAI and Anthropic SDKs, whose class names are lost in a minified bundle. */
const SDK_TIMEOUT_MESSAGE = 'Request timed out.';

/**
 * Returns whether an abort reason comes from `AbortSignal.timeout()`, or from the timeout of a client of `node:http`:
 * got (`TimeoutError`, `ETIMEDOUT`), axios (`ECONNABORTED`, or `ETIMEDOUT` with `clarifyTimeoutError`).
 */
export function isTimeoutReason(reason: unknown): boolean {
  const { name, code } = (reason ?? {}) as { name?: unknown; code?: unknown };
  return name === 'TimeoutError' || TIMEOUT_CODES.has(code);
}

const TIMEOUT_CODES: ReadonlySet<unknown> = new Set(['ETIMEDOUT', 'ESOCKETTIMEDOUT', 'ECONNABORTED']);

/** Returns the `name` of an error and the names of its classes, most specific first. A DOMException has only `name`. */
function classNames(error: object): string[] {
  const names: string[] = [];
  const { name } = error as { name?: unknown };
  if (typeof name === 'string' && name !== 'Error') names.push(name);
  for (let prototype = Object.getPrototypeOf(error) as object | null; prototype;) {
    const className = classNameOf(prototype);
    if (className === 'Error' || className === 'Object') break;
    if (className !== null) names.push(className);
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return names;
}

function factsOf(error: object): FailureFacts {
  const own = error as {
    status?: unknown;
    statusCode?: unknown;
    status_code?: unknown;
    code?: unknown;
    type?: unknown;
    message?: unknown;
    $metadata?: unknown;
  };
  const body = providerErrorOf(error);
  return {
    code: asString(own.code) ?? body?.code ?? awsCodeOf(error),
    type: body?.type ?? asString(own.type),
    hint: body?.hint ?? hintIn(asString(own.message) ?? ''),
    status:
      asNumber(own.status) ??
      asNumber(own.statusCode) ??
      // Ollama.
      asNumber(own.status_code) ??
      // AWS SDK.
      asNumber(asObject(own.$metadata)?.['httpStatusCode']) ??
      // Errors inside a stream have only the status in their body.
      statusOfCode(own.code) ??
      null,
    bodyStatus: body?.status ?? null,
  };
}

/** Returns the name of an AWS SDK error, which is its code. */
function awsCodeOf(error: object): string | null {
  const { name, $fault, $metadata } = error as { name?: unknown; $fault?: unknown; $metadata?: unknown };
  // Errors of a stream have no metadata.
  return $metadata === undefined && $fault === undefined ? null : asString(name);
}

function statusOfCode(code: unknown): number | null {
  const status = asNumber(code);
  return status !== null && status >= 400 && status <= 599 ? status : null;
}

/** Returns the first match: by code or type, then by status, then by codes that only repeat a status. */
function typeOfFacts(facts: FailureFacts): LlmErrorType | null {
  const { code, type, hint } = facts;
  // The status of a response that failed after its headers is meaningless: the error itself can name another one.
  const status = [facts.status, facts.bodyStatus].find((one) => one !== null && one >= 400) ?? null;
  const codes = [code, type].filter((name) => name !== null).map(wordOfCode);
  for (const name of codes) {
    const known = TYPES_BY_CODE.get(name);
    if (known) return known;
    if (QUOTA_CODE.test(name)) return 'quota_exhausted';
  }
  if (hint !== null && (status === null || HINTED_STATUSES[hint].has(status))) return hint;
  if (status !== null) return TYPES_BY_STATUS.get(status) ?? (status >= 500 ? 'server_error' : 'bad_request');
  for (const name of codes) {
    const known = TYPES_BY_CODE_WITHOUT_STATUS.get(name);
    if (known) return known;
  }
  return null;
}

/** Statuses that do not tell the condition which the text of an error reports. */
const HINTED_STATUSES: Readonly<Record<NonNullable<ProviderError['hint']>, ReadonlySet<number>>> = {
  // 500: Xinference, for errors of vLLM. https://github.com/langchain-ai/deepagents/issues/468
  context_window_exceeded: new Set([400, 413, 422, 500]),
  // 412: Fireworks, for suspended accounts. https://docs.fireworks.ai/guides/inference-error-codes
  quota_exhausted: new Set([400, 403, 412, 429, 500]),
  content_filter: new Set([400, 403, 424]),
};

/** AWS codes are written as class names or, in event streams, as member names; headers add a URL after a colon. */
function wordOfCode(code: string): string {
  const colon = code.indexOf(':');
  const name = colon < 0 ? code : code.slice(0, colon);
  return name.endsWith('Exception') ? name[0]!.toUpperCase() + name.slice(1) : name;
}

/** Base classes of the SDKs' errors. Names of the Vercel AI SDK's errors start with `AI_`. */
const SDK_CLASSES: ReadonlySet<string> = new Set([
  'OpenAIError',
  'AnthropicError',
  'GoogleGenerativeAIError',
  'BedrockRuntimeServiceException',
  'CohereError',
  'CohereTimeoutError',
  'MistralError',
  'OpenRouterError',
  // Transport errors of SDKs that Speakeasy generates (Mistral, OpenRouter).
  'HTTPClientError',
  'OutputParserException',
]);

const TYPES_BY_DECISIVE_CLASS: ReadonlyMap<string, LlmErrorType> = new Map([
  ['APIUserAbortError', 'aborted'],
  ['AbortError', 'aborted'],
  ['APIConnectionTimeoutError', 'timeout'],
  ['TimeoutError', 'timeout'],
  ['CohereTimeoutError', 'timeout'],
  ['RequestTimeoutError', 'timeout'],
  ['RequestAbortedError', 'aborted'],
  ['LlmBudgetExceededError', 'budget_exceeded'],
  ['LengthFinishReasonError', 'truncated'],
  ['ContentFilterFinishReasonError', 'content_filter'],
]);

const TYPES_BY_CLASS: ReadonlyMap<string, LlmErrorType> = new Map([
  ['APIConnectionError', 'connection'],
  ['ConnectionError', 'connection'],
  ['SyntaxError', 'parse'],
  ['ZodError', 'parse'],
  ['$ZodError', 'parse'],
  ['AI_JSONParseError', 'parse'],
  ['AI_TypeValidationError', 'parse'],
  ['AI_NoObjectGeneratedError', 'parse'],
  ['OutputParserException', 'parse'],
]);

/** Anthropic's `parse()` and tools throw the base class `AnthropicError`; only the message identifies a parse error. */
const UNPARSED =
  /^(Failed to parse structured output|Unable to parse tool parameter JSON|Schema validation failed)/;

/** Error codes of Node's sockets and of undici. */
const CONNECTION_CODE = /^(ECONN|EPIPE|ENOTFOUND|EAI_|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|UND_ERR_)/;

import { guard } from '../wire/guard.js';
import { asObject, type JsonObject } from '../wire/json/json-value.js';
import type { HeaderGetter } from '../wire/headers.js';
import { retryAfterMs } from '../wire/transports/response-head.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import { failureOfExchange } from './failure-of-exchange.js';
import { LlmBudgetExceededError } from './budget-exceeded.error.js';
import { providerErrorOf } from './provider-error.js';
import { causesOf, errorTypeOf, isSdkError, type LlmErrorType } from './error-type.js';

/** A failure, for code that responds to it or retries the call. */
export interface KnownFailure {
  readonly type: LlmErrorType;
  /** Wait that the provider asks for (`retry-after`), in milliseconds; `null` if it does not. */
  readonly retryAfterMs: number | null;
}

/** How a call failed. */
export interface CallOutcome extends KnownFailure {
  /** `true` if the model or the request failed, `false` if the application's code did. */
  readonly isModelFailure: boolean;
}

/** The call that an error is bound to. */
interface FailedCall {
  /** `null` until the call has ended. */
  readonly outcome: CallOutcome | null;
  /** Returns whether the call is nested in another one. */
  isWithin(outer: object): boolean;
}

const calls = new WeakMap<object, FailedCall>();
const requestErrors = new WeakMap<object, LlmErrorType>();

/** Binds an error to the innermost call that threw it, whose response can be more specific than the error. */
export function rememberCallOf(error: unknown, call: FailedCall): void {
  if (typeof error !== 'object' || error === null) return;
  if (!calls.get(error)?.isWithin(call)) calls.set(error, call);
}

/** Stores the type of a request's error. The application receives the same error object. */
export function rememberRequestError(exchange: Exchange): void {
  const { error } = exchange;
  const failure = failureOfExchange(exchange);
  if (typeof error === 'object' && error !== null && failure) requestErrors.set(error, failure.type);
}

/** Returns how the call that threw `error` failed; without a call, the type of the error itself. */
export function failureOf(error: unknown): KnownFailure {
  const call = typeof error === 'object' && error !== null ? calls.get(error) : undefined;
  const known = call?.outcome;
  const byError = retryAfterOf(error);
  return known
    ? { type: known.type, retryAfterMs: known.retryAfterMs ?? byError }
    : { type: errorTypeOf(error), retryAfterMs: byError };
}

/**
 * Returns the failure if `error` or one of its causes comes from a failed model call: an error that ended a call or a
 * request, an error of an SDK, or a refusal by a budget. Returns `null` for all other errors. Never throws.
 */
export function modelFailureOf(error: unknown): KnownFailure | null {
  return guard('reading an error', () => modelFailureInChain(error)) ?? null;
}

function modelFailureInChain(error: unknown): KnownFailure | null {
  for (const link of causesOf(error)) {
    if (typeof link !== 'object' || link === null) continue;
    const outcome = calls.get(link)?.outcome;
    if (outcome?.isModelFailure)
      return { type: outcome.type, retryAfterMs: outcome.retryAfterMs ?? retryAfterOf(error) };
    const type = requestErrors.get(link);
    if (type !== undefined) return { type, retryAfterMs: retryAfterOf(error) };
    if (isSdkError(link) || errorTypeOf(link) === 'budget_exceeded')
      return { type: errorTypeOf(link), retryAfterMs: retryAfterOf(error) };
  }
  return null;
}

/** Returns the wait in the headers or the body of an SDK's error or of its causes; for a budget error, its `retryAfterMs`. */
function retryAfterOf(error: unknown): number | null {
  // Anything can be thrown, including objects with getters that throw.
  const wait = guard('reading an error', () => {
    for (const link of causesOf(error)) {
      if (link instanceof LlmBudgetExceededError) return link.retryAfterMs;
      const waitMs = waitInHeaders(asObject(link)) ?? waitInBody(link);
      if (waitMs !== null) return waitMs;
    }
    return null;
  });
  return wait ?? null;
}

/** Reads the headers of an SDK's error: `rawResponse` of cohere-ai 8, `$response` of the AWS SDK. */
function waitInHeaders(error: JsonObject | null): number | null {
  const response = asObject(error?.['rawResponse']) ?? asObject(error?.['$response']);
  const headers = error?.['headers'] ?? error?.['responseHeaders'] ?? response?.['headers'];
  return headers === undefined ? null : retryAfterMs(headersOf(headers), Date.now());
}

function waitInBody(error: unknown): number | null {
  if (typeof error !== 'object' || error === null) return null;
  return providerErrorOf(error)?.retryAfterMs ?? null;
}

/**
 * Errors of the Vercel AI SDK have a plain object, `responseHeaders`. `Headers` are duck-typed, since npm undici has its
 * own class.
 */
function headersOf(headers: unknown): HeaderGetter {
  if (
    typeof headers === 'object' &&
    headers !== null &&
    'get' in headers &&
    typeof headers.get === 'function'
  )
    return headers as HeaderGetter;
  const found = new Headers();
  for (const name of ['retry-after-ms', 'retry-after']) {
    const value = asObject(headers)?.[name];
    if (typeof value === 'string') found.set(name, value);
  }
  return found;
}

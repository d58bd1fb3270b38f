import { guard } from '../wire/guard.js';
import { asObject } from '../wire/json/json-value.js';
import { retryAfterMs, type HeaderGetter } from '../wire/transports/response-head.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import { failureOfExchange } from './attempt.js';
import { LlmBudgetExceededError } from './budget-exceeded.error.js';
import { causesOf, errorTypeOf, isSdkError, type LlmErrorType } from './error-type.js';

/** What is known of a failure, for code that answers for it or repeats the call. */
export interface KnownFailure {
  readonly type: LlmErrorType;
  /** How long the provider asks to wait, in milliseconds; `null` if it does not say. */
  readonly retryAfterMs: number | null;
}

/** How a call failed. */
export interface CallOutcome extends KnownFailure {
  /** Whether a model or the way to it failed, and not the application's own code. */
  readonly isModelFailure: boolean;
}

/** What an error can tell of the call that threw it. */
interface FailedCall {
  /** `null` until the call has ended. */
  readonly outcome: CallOutcome | null;
  /** Returns whether the call is nested in another one. */
  isWithin(outer: object): boolean;
}

const calls = new WeakMap<object, FailedCall>();
const requestErrors = new WeakMap<object, LlmErrorType>();

/** Ties an error to the innermost call that threw it, whose answer can tell more than the error does. */
export function rememberCallOf(error: unknown, call: FailedCall): void {
  if (typeof error !== 'object' || error === null) return;
  if (!calls.get(error)?.isWithin(call)) calls.set(error, call);
}

/** Remembers the error that a request failed with: the application gets the same one. */
export function rememberRequestError(exchange: Exchange): void {
  const { error } = exchange;
  const failure = failureOfExchange(exchange);
  if (typeof error === 'object' && error !== null && failure) requestErrors.set(error, failure.type);
}

/** Returns how the call that threw `error` failed; for an error of no call, what the error itself says. */
export function failureOf(error: unknown): KnownFailure {
  const call = typeof error === 'object' && error !== null ? calls.get(error) : undefined;
  const known = call?.outcome;
  const byError = retryAfterOf(error);
  return known
    ? { type: known.type, retryAfterMs: known.retryAfterMs ?? byError }
    : { type: errorTypeOf(error), retryAfterMs: byError };
}

/**
 * Returns how a model failed, if `error` or one of its causes comes from a failed model request: an error that ended a
 * call or a request, an error of an SDK, a budget. Returns `null` for all other errors, whatever status or name they have.
 * Never throws.
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

/** The wait that an SDK's error, or a cause of it, has in the headers of its response; of a budget, until its next period. */
function retryAfterOf(error: unknown): number | null {
  // Anything can be thrown, a getter that throws included.
  const wait = guard('reading an error', () => {
    for (const link of causesOf(error)) {
      if (link instanceof LlmBudgetExceededError) return link.retryAfterMs;
      const headers = asObject(link)?.['headers'] ?? asObject(link)?.['responseHeaders'];
      const asked = headers === undefined ? null : retryAfterMs(headersOf(headers), Date.now());
      if (asked !== null) return asked;
    }
    return null;
  });
  return wait ?? null;
}

/**
 * The Vercel AI SDK's errors have the headers as a plain object, `responseHeaders`. `Headers` are recognized by their
 * shape: npm undici has a class of its own.
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

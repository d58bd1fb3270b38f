import { guard } from '../wire/guard.js';
import { asObject } from '../wire/json-value.js';
import { retryAfterMs } from '../wire/response-head.js';
import { LlmBudgetExceededError } from './budget-exceeded.error.js';
import type { Call } from './call.js';
import { errorTypeOf, type LlmErrorType } from './error-type.js';

/** What is known of a failure, for whoever must answer for it. */
export interface KnownFailure {
  readonly type: LlmErrorType;
  /** How long the provider asks to wait, in milliseconds; `null` where it does not say. */
  readonly retryAfterMs: number | null;
}

const calls = new WeakMap<object, Call>();

/** Ties an error to the innermost call that threw it, whose answer can tell more than the error does. */
export function rememberCallOf(error: unknown, call: Call): void {
  if (typeof error !== 'object' || error === null) return;
  if (!calls.get(error)?.isWithin(call)) calls.set(error, call);
}

/** How the call that threw `error` failed; for an error of no call, what the error itself says. */
export function failureOf(error: unknown): KnownFailure {
  const call = typeof error === 'object' && error !== null ? calls.get(error) : undefined;
  const known = call?.outcome;
  const byError = retryAfterOf(error);
  return known
    ? { type: known.type, retryAfterMs: known.retryAfterMs ?? byError }
    : { type: errorTypeOf(error), retryAfterMs: byError };
}

/** The wait that an SDK's error carries in the headers of its response; of a budget, until its next period. */
function retryAfterOf(error: unknown): number | null {
  if (error instanceof LlmBudgetExceededError) return error.retryAfterMs;
  // Anything can be thrown, a getter that throws included.
  const headers = guard('reading an error', () => asObject(error)?.['headers']);
  return headers instanceof Headers ? retryAfterMs(headers, Date.now()) : null;
}

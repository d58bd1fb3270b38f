import type { FinishReason } from '../wire/finish-reason.js';
import { failure, isTimedOutBySignal } from './attempt.js';
import type { Call } from './call.js';
import { errorTypeOf, isSdkError } from './error-type.js';
import type { AttemptRecord, Failure } from './record.js';

/**
 * Corrects the failures of attempts by what only the whole call tells: SDKs discard the body of an answer that they will
 * retry, and abort for their own timeouts as an application does. `errorStatuses`: the finish reasons that are failures.
 */
export function correctFailures(
  drafts: readonly AttemptRecord[],
  call: Call,
  errorStatuses: ReadonlySet<FinishReason>,
): readonly AttemptRecord[] {
  if (drafts.every((attempt) => attempt.failure === null)) return drafts;
  const thrown = call.failure;
  const last = drafts.at(-1)!;
  const timedOut = lastTimedOut(call);
  const exhausted = last.failure?.type === 'quota_exhausted' || thrown?.type === 'quota_exhausted';
  return drafts.map((attempt, index) => {
    const type = attempt.failure?.type;
    const isLast = index === drafts.length - 1;
    if (isExcused(attempt, errorStatuses)) return { ...attempt, failure: null };
    if (type === 'rate_limit' && exhausted) return { ...attempt, failure: failure('quota_exhausted') };
    // An abort by the application is not retried, so the one that was must have been a timeout.
    const wasTimeout = isLast ? thrown?.type === 'timeout' : drafts[index + 1]!.isRetry;
    if (type === 'aborted' && wasTimeout)
      return { ...attempt, failure: failure('timeout'), finishReason: null };
    // What the application itself stopped is no timeout, however long it took.
    if (type === 'timeout' && isLast && thrown?.type === 'aborted' && !timedOut) {
      return { ...attempt, failure: failure('aborted'), finishReason: 'cancelled' };
    }
    return attempt;
  });
}

/**
 * Returns how the call as a whole failed. What the method threw decides; an answer that was cut off beats it, for the SDKs
 * throw many things then. A method that did not throw has failed only if the answer broke after it had returned, was
 * filtered, or was a stream that ran out of time, which the SDKs end without an error. One that caught its error and
 * answered with a fallback has not.
 */
export function failureOfCall(
  call: Call,
  attempts: readonly AttemptRecord[],
  errorStatuses: ReadonlySet<FinishReason>,
): Failure | null {
  const last = attempts.at(-1) ?? null;
  const thrown = call.failure;
  const told = last && failureTold(last, errorStatuses);
  const timedOut = last?.failure?.type === 'timeout' && lastTimedOut(call);
  if (thrown) {
    if (last?.failure?.type === 'stream_cut') return { ...thrown, type: 'stream_cut' };
    if (call.typeGiven) return thrown;
    if (thrown.type === 'aborted' && timedOut) return { ...thrown, type: 'timeout' };
    // What no model has written cannot be its output.
    if (thrown.type === 'parse' && !call.answeredWithin && !attempts.some(isAnswered))
      return { ...thrown, type: last?.failure?.type ?? 'unknown' };
    return thrown.type === 'unknown' && told ? { ...thrown, type: told.type } : thrown;
  }
  if (told) return told;
  const source = call.attempts.at(-1)?.source;
  if (!last?.failure || !source || !('exchange' in source) || !call.settled) return null;
  if (timedOut && source.exchange.eventStream) return last.failure;
  const brokeAfterwards = source.exchange.lastActivityAt > call.settled.at;
  // The application sees no error when it stops reading.
  return brokeAfterwards && last.failure.type !== 'aborted' ? last.failure : null;
}

/** Whether a model has answered. */
export function isAnswered({ usage, failure }: AttemptRecord): boolean {
  return usage !== null && failure === null;
}

/**
 * Whether a call failed because of its model and not because of the application's own code. An error of the application
 * about an answer (it is empty, say) counts; a programming error does not, nor does the error of another service, which
 * has a status or a code of its own.
 */
export function isModelFailure(call: Call, failed: Failure, attempts: readonly AttemptRecord[]): boolean {
  const last = attempts.at(-1);
  if (failed.type === 'budget_exceeded' || call.typeGiven || isSdkError(call.error)) return true;
  if (last === undefined && !call.answeredWithin) return false;
  // Code that reads `choices[0].message` of nothing throws a TypeError.
  if (failed.type === 'empty_response') return true;
  if (last?.failure) return !isProgrammingError(call.error);
  if (TOLD_BY_ANSWER.has(failed.type)) return true;
  return failed.type === 'unknown' && !isProgrammingError(call.error) && !hasOwnCode(call.error);
}

const TOLD_BY_ANSWER: ReadonlySet<Failure['type']> = new Set([
  'parse',
  'truncated',
  'content_filter',
  'timeout',
  'aborted',
]);

/** By name, for the errors of another realm; not if it says what failed, as that of a `fetch` does by its cause. */
function isProgrammingError(error: unknown): boolean {
  const name = (error as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' && PROGRAMMING_ERRORS.has(name) && errorTypeOf(error) === 'unknown';
}

const PROGRAMMING_ERRORS: ReadonlySet<string> = new Set([
  'TypeError',
  'ReferenceError',
  'RangeError',
  'EvalError',
  'URIError',
  'AssertionError',
]);

function hasOwnCode(error: unknown): boolean {
  const { code, status, statusCode } = (error ?? {}) as Record<'code' | 'status' | 'statusCode', unknown>;
  return code !== undefined || status !== undefined || statusCode !== undefined;
}

/** Whether the signal of the last request was a timeout. */
function lastTimedOut(call: Call): boolean {
  const source = call.attempts.at(-1)?.source;
  return source !== undefined && 'exchange' in source && isTimedOutBySignal(source.exchange);
}

/** An answer whose finish reason is a failure only if the application counts it as one. */
function isExcused(
  { finishReason, status, failure }: AttemptRecord,
  errorStatuses: ReadonlySet<FinishReason>,
): boolean {
  if (failure === null || finishReason === null || (status !== null && status >= 400)) return false;
  return FAILING_FINISHES.has(finishReason) && !errorStatuses.has(finishReason);
}

const FAILING_FINISHES: ReadonlySet<FinishReason> = new Set<FinishReason>(['content_filter', 'error']);

/** What the provider itself says of its answer, where SDKs do not throw, or throw what says nothing. */
function failureTold(last: AttemptRecord, errorStatuses: ReadonlySet<FinishReason>): Failure | null {
  if (last.failure?.type === 'empty_response') return last.failure;
  if (last.finishReason === null || !errorStatuses.has(last.finishReason)) return null;
  if (last.finishReason === 'content_filter') return failure('content_filter');
  return last.finishReason === 'error' ? last.failure : null;
}

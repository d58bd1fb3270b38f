import { isTruncated, type FinishReason } from '../wire/finish-reason.js';
import { failure, isTimedOutBySignal } from './failure-of-exchange.js';
import type { Call } from './call.js';
import { errorTypeOf, isSdkError } from './error-type.js';
import type { AttemptRecord, Failure } from './record.js';

/**
 * Corrects the failures of attempts with facts of the whole call: SDKs discard the body of a response that they will
 * retry, and implement timeouts by aborting. `errorStatuses` are the finish reasons that count as failures.
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
    if (isAcceptedFinish(attempt, errorStatuses)) return { ...attempt, failure: null };
    if (type === 'rate_limit' && exhausted) return { ...attempt, failure: failure('quota_exhausted') };
    // SDKs do not retry aborts by the application, so a retried abort was a timeout.
    const wasTimeout = isLast ? thrown?.type === 'timeout' : drafts[index + 1]!.isRetry;
    if (type === 'aborted' && wasTimeout)
      return { ...attempt, failure: failure('timeout'), finishReason: null };
    // An abort by the application is not a timeout, however long the request took.
    if (type === 'timeout' && isLast && thrown?.type === 'aborted' && !timedOut) {
      return { ...attempt, failure: failure('aborted'), finishReason: 'cancelled' };
    }
    return attempt;
  });
}

/**
 * Returns how the call as a whole failed; `null` if it did not. The thrown error decides, except for a stream that was cut:
 * SDKs throw various errors then. A call whose method did not throw has failed only if the response broke after the method
 * returned, was filtered, or was a stream that timed out, which SDKs end without an error. A method that caught an error
 * and returned a fallback has not failed.
 */
export function failureOfCall(
  call: Call,
  attempts: readonly AttemptRecord[],
  errorStatuses: ReadonlySet<FinishReason>,
): Failure | null {
  const last = attempts.at(-1) ?? null;
  const thrown = call.failure;
  const reported = last && failureOfResponse(last, errorStatuses);
  const timedOut = last?.failure?.type === 'timeout' && lastTimedOut(call);
  if (thrown) {
    if (last?.failure?.type === 'stream_cut') return { ...thrown, type: 'stream_cut' };
    if (call.hasExplicitType) return thrown;
    if (thrown.type === 'aborted' && timedOut) return { ...thrown, type: 'timeout' };
    // Without a response of a model, a parse error is about something else.
    if (thrown.type === 'parse' && !call.hasNestedResponse && !attempts.some(isSuccessful))
      return { ...thrown, type: last?.failure?.type ?? 'unknown' };
    if (thrown.type !== 'unknown') return thrown;
    if (reported) return { ...thrown, type: reported.type };
    return isTruncated(last?.finishReason) && isAboutResponse(call.error)
      ? { ...thrown, type: 'truncated' }
      : thrown;
  }
  if (reported) return reported;
  const exchange = call.attempts.at(-1)?.exchange;
  if (!last?.failure || !exchange || !call.settled) return null;
  if (timedOut && exchange.eventStream) return last.failure;
  const brokeAfterwards = exchange.lastActivityAt > call.settled.at;
  // An application that stops reading sees no error.
  return brokeAfterwards && last.failure.type !== 'aborted' ? last.failure : null;
}

/** Returns whether an attempt received a response of a model. */
export function isSuccessful({ usage, failure }: AttemptRecord): boolean {
  return usage !== null && failure === null;
}

/**
 * Returns whether a call failed because of its model, not because of the application's code. An error that the
 * application throws about a response (an empty one, for example) counts. Programming errors do not, nor do errors of
 * other services, which have their own status or code.
 */
export function isModelFailure(call: Call, failed: Failure, attempts: readonly AttemptRecord[]): boolean {
  const last = attempts.at(-1);
  if (failed.type === 'budget_exceeded' || call.hasExplicitType || isSdkError(call.error)) return true;
  if (last === undefined && !call.hasNestedResponse) return false;
  // Code that reads `choices[0].message` of an empty response throws a TypeError.
  if (failed.type === 'empty_response') return true;
  if (last?.failure) return !isProgrammingError(call.error);
  if (RESPONSE_ERROR_TYPES.has(failed.type)) return true;
  return failed.type === 'unknown' && isAboutResponse(call.error);
}

/** Returns whether an error of unknown type can be one about a response: it has no code of its own. */
function isAboutResponse(error: unknown): boolean {
  return !isProgrammingError(error) && !hasOwnCode(error);
}

const RESPONSE_ERROR_TYPES: ReadonlySet<Failure['type']> = new Set([
  'parse',
  'truncated',
  'content_filter',
  'timeout',
  'aborted',
]);

/** Checks the name, for errors of another realm. An error with a known type is excluded: `fetch` throws TypeErrors. */
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

/** Returns whether `AbortSignal.timeout()` aborted the last request. */
function lastTimedOut(call: Call): boolean {
  const exchange = call.attempts.at(-1)?.exchange;
  return !!exchange && isTimedOutBySignal(exchange);
}

/** Returns whether `errorStatuses` excludes the finish reason of an attempt that would count as a failure by default. */
export function isAcceptedFinish(
  { finishReason, status, failure }: AttemptRecord,
  errorStatuses: ReadonlySet<FinishReason>,
): boolean {
  if (failure === null || finishReason === null || (status !== null && status >= 400)) return false;
  return FAILING_FINISHES.has(finishReason) && !errorStatuses.has(finishReason);
}

const FAILING_FINISHES: ReadonlySet<FinishReason> = new Set<FinishReason>(['content_filter', 'error']);

/** Returns the failure that the response itself reports, since SDKs may not throw or throw unspecific errors. */
function failureOfResponse(last: AttemptRecord, errorStatuses: ReadonlySet<FinishReason>): Failure | null {
  if (last.failure?.type === 'empty_response') return last.failure;
  if (last.finishReason === null || !errorStatuses.has(last.finishReason)) return null;
  if (last.finishReason === 'content_filter') return failure('content_filter');
  return last.finishReason === 'error' ? last.failure : null;
}

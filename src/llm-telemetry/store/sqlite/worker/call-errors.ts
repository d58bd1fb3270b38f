import type { LlmErrorType } from '../../../calls/error-type.js';
import type { AttemptRecord, CallRecord } from '../../../calls/record.js';
import { wasAborted } from '../../outcome.js';
import { retriesOf } from '../../retries.js';
import { noErrorSums, type ErrorSums } from './error-sums.js';

/** Sums by error type. */
export type ErrorsByType = Map<string, ErrorSums>;

/**
 * Adds the errors of a call. Errors of the call are added to `ofCall`; errors and retries of an attempt are added to its
 * model.
 */
export function addErrors(
  record: CallRecord,
  ofCall: ErrorsByType,
  ofAttempt: (attempt: AttemptRecord) => ErrorsByType,
): void {
  const { failure, attempts } = record;
  const ended = failure?.type ?? (wasAborted(record) ? 'aborted' : null);
  if (ended !== null) sumsOf(ofCall, ended).calls++;
  for (const attempt of attempts) {
    if (attempt.failure) sumsOf(ofAttempt(attempt), attempt.failure.type).attempts++;
  }
  const retries = retriesOf(record);
  for (const { attempt, repeated, reason, addedMs, lostUnits } of retries) {
    sumsOf(ofAttempt(attempt), reason).retries++;
    const ofRepeated = sumsOf(ofAttempt(repeated ?? attempt), reason);
    ofRepeated.retryTimeMs += addedMs;
    ofRepeated.retryCostUnits += lostUnits;
  }
  const last = retries.at(-1);
  if (!last) return;
  const ofLast = sumsOf(ofCall, last.reason);
  ofLast.retriedCalls++;
  if (failure === null) ofLast.recoveredCalls++;
}

function sumsOf(errors: ErrorsByType, type: LlmErrorType): ErrorSums {
  let sums = errors.get(type);
  if (!sums) errors.set(type, (sums = noErrorSums()));
  return sums;
}

import type { LlmErrorType } from '../calls/error-type.js';
import { countedAttempt, wasAborted } from '../calls/outcome.js';
import type { AttemptRecord, CallRecord } from '../calls/record.js';
import {
  ALL_SUMS,
  SUMS_LENGTH,
  USD_SUMS,
  type IndexedSum,
  type RetrySum,
  type SumRow,
} from './measure-table.js';
import { retriesOf, type Retry } from './retries.js';

/** Sums by `SUM_INDEX`, in storage order. Money is in whole units. */
export type Sums = Float64Array;

export function noSums(): Sums {
  return new Float64Array(SUMS_LENGTH);
}

function taken<Of extends SumRow['of']>(...of: readonly Of[]) {
  return ALL_SUMS.filter((sum): sum is Extract<IndexedSum, { of: Of }> =>
    (of as readonly string[]).includes(sum.of),
  );
}

const OF_CALL = taken('call');
const OF_ATTEMPT = taken('attempt');
const OF_ANY_ATTEMPT = taken('any_attempt');
const OF_RETRY = taken('retry');
const OF_RETRIED_CALL = taken('retried_call');

/** Adds a call to sums: values of the whole call to `ofCall`, values of each attempt to the sums of its model. */
export function addCall(record: CallRecord, ofCall: Sums, ofAttempt: (attempt: AttemptRecord) => Sums): void {
  for (const { index, take } of OF_CALL) ofCall[index]! += take(record);
  for (const attempt of record.attempts) {
    const sums = ofAttempt(attempt);
    for (const { index, take } of OF_ATTEMPT) sums[index]! += take(attempt);
  }
  for (const { index, matches } of OF_ANY_ATTEMPT) {
    const attempt = countedAttempt(record, matches);
    if (attempt) ofAttempt(attempt)[index]! += 1;
  }
  const retries = retriesOf(record);
  if (retries.length === 0) return;
  for (const { index, take } of OF_RETRIED_CALL) ofCall[index]! += take(record);
  for (const retry of retries) {
    for (const { index, in: where, take } of OF_RETRY)
      ofAttempt(attemptOf(retry, where))[index]! += take(retry);
  }
}

/** Returns the attempt whose model a sum of a retry counts for. */
function attemptOf({ attempt, repeated }: Retry, where: 'retry' | 'repeated'): AttemptRecord {
  return where === 'retry' ? attempt : (repeated ?? attempt);
}

/** Encodes sums as one BLOB of little-endian doubles, which SQLite reads much faster than two dozen columns. */
export function bytesOfSums(sums: Sums): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * SUMS_LENGTH));
  for (const [index, sum] of sums.entries()) {
    // A value that is not finite (wrong clock, custom price) must not invalidate the sum.
    view.setFloat64(8 * index, Number.isFinite(sum) ? sum : 0, true);
  }
  return new Uint8Array(view.buffer);
}

/** Sums of a rollup as a database returns them: encoded by `bytesOfSums`, or decoded. */
export type StoredSums = Uint8Array | Sums;

export function addStoredSums(to: Sums, sums: StoredSums): void {
  if (sums instanceof Uint8Array) addSumsBytes(to, sums);
  else for (const [index, sum] of sums.entries()) to[index]! += sum;
}

/** Adds encoded sums. Older bytes lack sums that were appended to the table later. */
function addSumsBytes(to: Sums, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.min(SUMS_LENGTH, bytes.byteLength >> 3);
  for (let index = 0; index < count; index++) to[index]! += view.getFloat64(8 * index, true);
}

/** Names a sum per error type. */
export type ErrorSum = 'calls' | 'attempts' | RetrySum;

/** Sums of one error type. Money is in whole units (`units/usd.ts`). */
export type ErrorSums = Record<ErrorSum, number>;

/** Sums by error type. */
export type ErrorsByType = Map<string, ErrorSums>;

const RETRY_SUMS = [...OF_RETRY, ...OF_RETRIED_CALL]
  .sort((one, other) => one.index - other.index)
  .map(({ name }) => name as RetrySum);

/** Sums per error type, in the order of the columns of the table `error`. */
export const ERROR_SUMS: readonly ErrorSum[] = ['calls', 'attempts', ...RETRY_SUMS];

/** Sums of money per error type. */
export const USD_ERROR_SUMS = ERROR_SUMS.filter((sum) => (USD_SUMS as readonly string[]).includes(sum));

const NO_ERROR_SUMS = Object.fromEntries(ERROR_SUMS.map((sum) => [sum, 0])) as ErrorSums;

export function noErrorSums(): ErrorSums {
  return { ...NO_ERROR_SUMS };
}

export function addErrorSums(to: ErrorSums, sums: ErrorSums): void {
  for (const sum of ERROR_SUMS) to[sum] += sums[sum];
}

/** Returns the column of a sum: money is stored in units. */
export function columnOf(sum: ErrorSum): string {
  return sum.replace(/Usd$/, 'Units');
}

/** Returns the sums of an error type, which are added if they do not exist. */
export function errorSumsOf(errors: ErrorsByType, type: string): ErrorSums {
  let sums = errors.get(type);
  if (!sums) errors.set(type, (sums = noErrorSums()));
  return sums;
}

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
  const ended: LlmErrorType | null = failure?.type ?? (wasAborted(record) ? 'aborted' : null);
  if (ended !== null) errorSumsOf(ofCall, ended).calls++;
  for (const attempt of attempts) {
    if (attempt.failure) errorSumsOf(ofAttempt(attempt), attempt.failure.type).attempts++;
  }
  const retries = retriesOf(record);
  for (const retry of retries) {
    for (const { name, in: where, take } of OF_RETRY)
      errorSumsOf(ofAttempt(attemptOf(retry, where)), retry.reason)[name as RetrySum] += take(retry);
  }
  const last = retries.at(-1);
  if (!last) return;
  const ofLast = errorSumsOf(ofCall, last.reason);
  for (const { name, take } of OF_RETRIED_CALL) ofLast[name as RetrySum] += take(record);
}

import type { LlmErrorType } from '../calls/error-type.js';
import { countedAttempt, wasAborted } from '../calls/outcome.js';
import type { AttemptRecord, CallRecord } from '../calls/record.js';
import { fractionOfDollar, wholeDollars } from '../units/usd.js';
import {
  ALL_SUMS,
  CARRIED_SUMS,
  SUM_INDEX,
  SUMS_LENGTH,
  type IndexedSum,
  type RetrySum,
  type SumRow,
} from './measure-table.js';
import { retriesOf, type Retry } from './retries.js';

/** Sums by `SUM_INDEX`, in storage order. Money is in whole dollars and units. */
export type Sums = Float64Array;

/** Places of a sum of money. */
interface UsdPlaces<Key> {
  readonly units: Key;
  readonly dollars: Key;
}

/** Sums by place or by name. */
type SumsBy<Key extends PropertyKey> = { [Place in Key]: number };

/** Adds units to a sum of money, whose units stay below a dollar: exact for any sum up to 2⁵³ dollars. */
function addUnits<Key extends PropertyKey>(
  to: SumsBy<Key>,
  { units, dollars }: UsdPlaces<Key>,
  added: number,
): void {
  const sum = fractionOfDollar(to[units]) + fractionOfDollar(added);
  to[dollars] += wholeDollars(to[units]) + wholeDollars(added) + wholeDollars(sum);
  to[units] = fractionOfDollar(sum);
}

/** Adds milliseconds in whole microseconds, so that sums do not depend on the order of additions. */
function addMs<Key extends PropertyKey>(to: SumsBy<Key>, place: Key, added: number): void {
  to[place] = Math.round((to[place] + Math.round(added * 1000) / 1000) * 1000) / 1000;
}

/** How values are added, by the unit of their sum. */
interface Places<Key> {
  readonly usd: ReadonlyArray<UsdPlaces<Key>>;
  readonly ms: readonly Key[];
  readonly others: readonly Key[];
}

/** Adds all sums. */
function addAll<Key extends PropertyKey>(
  to: SumsBy<Key>,
  { usd, ms, others }: Places<Key>,
  valueAt: (place: Key) => number,
): void {
  for (const place of others) to[place] += valueAt(place);
  for (const place of ms) addMs(to, place, valueAt(place));
  for (const places of usd) {
    addUnits(to, places, valueAt(places.units));
    to[places.dollars] += valueAt(places.dollars);
  }
}

const USD_PLACES: ReadonlyArray<UsdPlaces<number>> = CARRIED_SUMS.map(({ name, dollars }) => ({
  units: SUM_INDEX[name],
  dollars: SUM_INDEX[dollars],
}));
const USD_PLACES_AT = new Map(USD_PLACES.map((places) => [places.units, places]));
const PLACES: Places<number> = {
  usd: USD_PLACES,
  ms: placesOf((unit) => unit === 'ms'),
  others: placesOf((unit) => unit !== 'ms' && unit !== 'usd'),
};

function placesOf(isWanted: (unit: SumRow['unit']) => boolean): number[] {
  return ALL_SUMS.flatMap(({ unit, index }) => (isWanted(unit) ? [index] : []));
}

/** Adds a value to one sum. A value that is not finite (wrong clock, custom price) must not invalidate the sum. */
function addValue(sums: Sums, { index, unit }: IndexedSum, value: number): void {
  if (!Number.isFinite(value)) return;
  if (unit === 'usd') addUnits(sums, USD_PLACES_AT.get(index)!, value);
  else if (unit === 'ms') addMs(sums, index, value);
  else sums[index]! += value;
}

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
  for (const sum of OF_CALL) addValue(ofCall, sum, sum.take(record));
  for (const attempt of record.attempts) {
    const sums = ofAttempt(attempt);
    for (const sum of OF_ATTEMPT) addValue(sums, sum, sum.take(attempt));
  }
  for (const { index, matches } of OF_ANY_ATTEMPT) {
    const attempt = countedAttempt(record, matches);
    if (attempt) ofAttempt(attempt)[index]! += 1;
  }
  const retries = retriesOf(record);
  if (retries.length === 0) return;
  for (const sum of OF_RETRIED_CALL) addValue(ofCall, sum, sum.take(record));
  for (const retry of retries) {
    for (const sum of OF_RETRY) addValue(ofAttempt(attemptOf(retry, sum.in)), sum, sum.take(retry));
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
    view.setFloat64(8 * index, Number.isFinite(sum) ? sum : 0, true);
  }
  return new Uint8Array(view.buffer);
}

/** Sums of a rollup as a database returns them: encoded by `bytesOfSums`, or decoded. */
export type StoredSums = Uint8Array | Sums;

/** Adds sums. Older bytes lack sums that were appended to the table later. */
export function addStoredSums(to: Sums, sums: StoredSums): void {
  if (!(sums instanceof Uint8Array)) return addAll(to, PLACES, (index) => sums[index]!);
  const view = new DataView(sums.buffer, sums.byteOffset, sums.byteLength);
  addAll(to, PLACES, (index) => (8 * index < sums.byteLength ? view.getFloat64(8 * index, true) : 0));
}

/** Subtracts sums. */
export function subtractSums(from: Sums, sums: Sums): void {
  addAll(from, PLACES, (index) => -sums[index]!);
}

/** Names a sum per error type. */
export type ErrorSum = 'calls' | 'attempts' | RetrySum;

/** Names the whole dollars of a sum of money per error type. */
type ErrorDollars = 'retryCostDollars';

/** Sums of one error type. Money is in whole dollars and units (`units/usd.ts`). */
export type ErrorSums = Record<ErrorSum | ErrorDollars, number>;

/** Sums by error type. */
export type ErrorsByType = Map<string, ErrorSums>;

const RETRY_SUMS = [...OF_RETRY, ...OF_RETRIED_CALL]
  .sort((one, other) => one.index - other.index)
  .map(({ name }) => name as RetrySum);

/** Sums per error type, in the order of the columns of the table `error`. */
export const ERROR_SUMS: readonly ErrorSum[] = ['calls', 'attempts', ...RETRY_SUMS];

/** Sums of money per error type, with the sums of their whole dollars. */
export const CARRIED_ERROR_SUMS = CARRIED_SUMS.filter(({ name }) =>
  (ERROR_SUMS as readonly string[]).includes(name),
) as ReadonlyArray<{ readonly name: RetrySum; readonly dollars: ErrorDollars }>;

/** Names of all properties of `ErrorSums`. */
export const ERROR_PLACES = [...ERROR_SUMS, ...CARRIED_ERROR_SUMS.map(({ dollars }) => dollars)];

const NO_ERROR_SUMS = Object.fromEntries(ERROR_PLACES.map((sum) => [sum, 0])) as ErrorSums;

const MS_ERROR_SUMS = OF_RETRY.flatMap(({ name, unit }) => (unit === 'ms' ? [name as RetrySum] : []));
const ERROR_KEYS: Places<keyof ErrorSums> = {
  usd: CARRIED_ERROR_SUMS.map(({ name, dollars }) => ({ units: name, dollars })),
  ms: MS_ERROR_SUMS,
  others: ERROR_SUMS.filter(
    (sum) =>
      !(MS_ERROR_SUMS as string[]).includes(sum) && CARRIED_ERROR_SUMS.every(({ name }) => name !== sum),
  ),
};

export function noErrorSums(): ErrorSums {
  return { ...NO_ERROR_SUMS };
}

export function addErrorSums(to: ErrorSums, sums: ErrorSums): void {
  addAll(to, ERROR_KEYS, (sum) => sums[sum]);
}

/** Subtracts sums of an error type. */
export function subtractErrorSums(from: ErrorSums, sums: ErrorSums): void {
  addAll(from, ERROR_KEYS, (sum) => -sums[sum]);
}

/** Returns the column of a sum: money is stored in units. */
export function columnOf(sum: keyof ErrorSums): string {
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
    for (const { name, in: where, take } of OF_RETRY) {
      const added = { ...noErrorSums(), [name]: finite(take(retry)) };
      addErrorSums(errorSumsOf(ofAttempt(attemptOf(retry, where)), retry.reason), added);
    }
  }
  const last = retries.at(-1);
  if (!last) return;
  const ofLast = errorSumsOf(ofCall, last.reason);
  for (const { name, take } of OF_RETRIED_CALL) ofLast[name as RetrySum] += take(record);
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

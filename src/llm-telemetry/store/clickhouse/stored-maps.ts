import { LogHistogram } from '../log-histogram.js';
import { ALL_SUMS } from '../measure-table.js';
import { ERROR_SUMS, noErrorSums, noSums, type ErrorSums, type Sums } from '../sums.js';

/** A Map column in JSON. 64-bit and larger numbers are quoted. */
export type StoredMap = Readonly<Record<string, string>>;

/** Parts of a millisecond that sums of time are stored in, because integers add up exactly. */
const PARTS_OF_MS = 1e6;
const SCALES: ReadonlyMap<number, number> = new Map(
  ALL_SUMS.flatMap(({ index, unit }) => (unit === 'ms' ? [[index, PARTS_OF_MS] as const] : [])),
);
const ERROR_SCALES: ReadonlyMap<number, number> = new Map(
  ALL_SUMS.flatMap(({ name, unit }) => {
    const index = ERROR_SUMS.findIndex((sum) => sum === name);
    return unit === 'ms' && index >= 0 ? [[index, PARTS_OF_MS] as const] : [];
  }),
);
/** A billion such values add up within Int128. */
const MAX_VALUE = 1e29;

/** Returns the map of sums, without those that are 0. */
export function mapOfSums(sums: Sums): StoredMap {
  return mapOf(sums, SCALES);
}

export function sumsOfMap(map: StoredMap): Sums {
  const sums = noSums();
  for (const [index, value] of Object.entries(map)) sums[Number(index)] = numberOf(value, SCALES.get(+index));
  return sums;
}

export function mapOfErrorSums(sums: ErrorSums): StoredMap {
  return mapOf(
    ERROR_SUMS.map((name) => sums[name]),
    ERROR_SCALES,
  );
}

export function errorSumsOfMap(map: StoredMap): ErrorSums {
  const sums = noErrorSums();
  for (const [index, name] of ERROR_SUMS.entries()) {
    const value = map[index];
    if (value !== undefined) sums[name] = numberOf(value, ERROR_SCALES.get(index));
  }
  return sums;
}

/** Returns the counts of a histogram by bucket. */
export function mapOfHistogram(histogram: LogHistogram): StoredMap {
  return Object.fromEntries([...histogram.buckets()].map(([bucket, count]) => [bucket, String(count)]));
}

/** Encodes the counts of a histogram as `LogHistogram.toBytes` does. */
export function bytesOfHistogramMap(map: StoredMap): Uint8Array {
  // Keys that are whole numbers are in ascending order.
  return LogHistogram.encode(Object.entries(map).map(([bucket, count]) => [Number(bucket), Number(count)]));
}

function mapOf(values: Iterable<number>, scales: ReadonlyMap<number, number>): StoredMap {
  const map: Record<string, string> = {};
  let index = 0;
  for (const value of values) {
    const text = integerOf(value * (scales.get(index) ?? 1));
    if (text !== '0') map[index] = text;
    index++;
  }
  return map;
}

/** A value that is not finite (wrong clock, custom price) must not invalidate the sum. */
function integerOf(value: number): string {
  if (!Number.isFinite(value)) return '0';
  const bounded = Math.round(Math.min(MAX_VALUE, Math.max(-MAX_VALUE, value)));
  return Number.isSafeInteger(bounded) ? String(bounded + 0) : String(BigInt(bounded));
}

function numberOf(text: string, scale = 1): number {
  return Number(text) / scale;
}

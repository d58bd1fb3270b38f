import { digitsOfUnits, unitsOfDigits } from '../../units/usd.js';
import { LogHistogram } from '../log-histogram.js';
import { ALL_SUMS, CARRIED_SUMS, SUM_INDEX } from '../measure-table.js';
import { CARRIED_ERROR_SUMS, ERROR_SUMS, noErrorSums, noSums, type ErrorSums, type Sums } from '../sums.js';

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
const MAX_DOLLARS = 1e17;

/** The sum of the whole dollars of a sum of money, by the index of the latter. In the database they are one number. */
const DOLLARS: ReadonlyMap<number, number> = new Map(
  CARRIED_SUMS.map(({ name, dollars }) => [SUM_INDEX[name], SUM_INDEX[dollars]]),
);
const ERROR_DOLLARS: ReadonlyMap<number, (typeof CARRIED_ERROR_SUMS)[number]['dollars']> = new Map(
  CARRIED_ERROR_SUMS.map(({ name, dollars }) => [ERROR_SUMS.indexOf(name), dollars]),
);

/** Returns the map of sums, without those that are 0. */
export function mapOfSums(sums: Sums): StoredMap {
  const all = ALL_SUMS.map(({ index }): [number, string] => {
    const dollars = DOLLARS.get(index);
    const value = sums[index]!;
    return [
      index,
      dollars === undefined ? integerOf(value, SCALES.get(index)) : moneyOf(sums[dollars]!, value),
    ];
  });
  return mapOf(all);
}

export function sumsOfMap(map: StoredMap): Sums {
  const sums = noSums();
  for (const { index } of ALL_SUMS) {
    const text = map[index];
    if (text === undefined) continue;
    const place = DOLLARS.get(index);
    if (place === undefined) sums[index] = numberOf(text, SCALES.get(index));
    else {
      const { dollars, units } = unitsOfDigits(text);
      [sums[place], sums[index]] = [dollars, units];
    }
  }
  return sums;
}

export function mapOfErrorSums(sums: ErrorSums): StoredMap {
  const all = ERROR_SUMS.map((name, index): [number, string] => {
    const dollars = ERROR_DOLLARS.get(index);
    const value = sums[name];
    return [index, dollars ? moneyOf(sums[dollars], value) : integerOf(value, ERROR_SCALES.get(index))];
  });
  return mapOf(all);
}

export function errorSumsOfMap(map: StoredMap): ErrorSums {
  const sums = noErrorSums();
  for (const [index, name] of ERROR_SUMS.entries()) {
    const text = map[index];
    if (text === undefined) continue;
    const place = ERROR_DOLLARS.get(index);
    if (place === undefined) sums[name] = numberOf(text, ERROR_SCALES.get(index));
    else {
      const { dollars, units } = unitsOfDigits(text);
      [sums[place], sums[name]] = [dollars, units];
    }
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

function mapOf(values: ReadonlyArray<readonly [index: number, text: string]>): StoredMap {
  return Object.fromEntries(values.filter(([, text]) => text !== '0'));
}

function integerOf(value: number, scale = 1): string {
  const whole = Math.round(bounded(value * scale, MAX_VALUE));
  return Number.isSafeInteger(whole) ? String(whole + 0) : String(BigInt(whole));
}

function moneyOf(dollars: number, units: number): string {
  return digitsOfUnits(bounded(dollars, MAX_DOLLARS), bounded(units, MAX_VALUE));
}

/** A value that is not finite (wrong clock, custom price) must not invalidate the sum. */
function bounded(value: number, max: number): number {
  return Number.isFinite(value) ? Math.min(max, Math.max(-max, value)) : 0;
}

function numberOf(text: string, scale = 1): number {
  return Number(text) / scale;
}

import { DAY, HOUR, MINUTE } from '../../units/time.js';
import { StoreQueryError } from '../call-store.js';
import type { BucketedQuery, TimeRange } from '../measures.js';

const QUARTER_HOUR = 900_000;
const QUARTER_DAY = 21_600_000;

/**
 * The lengths of rollups in milliseconds, the longest first; each is a multiple of the next. A chart of an hour, a day or a
 * month reads about as many rollups as it has points.
 */
export const ROLLUP_LENGTHS = [DAY, QUARTER_DAY, HOUR, QUARTER_HOUR, MINUTE] as const;
export type RollupLength = (typeof ROLLUP_LENGTHS)[number];

/** Days that rollups of each length are kept at most. */
export const RETENTION_DAYS: Readonly<Record<RollupLength, number>> = {
  [DAY]: Infinity,
  [QUARTER_DAY]: Infinity,
  [HOUR]: 100,
  [QUARTER_HOUR]: 32,
  [MINUTE]: 4,
};

/** Returns the next longer length, or the longest itself. */
export function nextLonger(length: RollupLength): RollupLength {
  return ROLLUP_LENGTHS[Math.max(0, ROLLUP_LENGTHS.indexOf(length) - 1)]!;
}

/** A range that is covered by rollups of one length. */
export interface RollupRange extends TimeRange {
  readonly length: RollupLength;
}

/**
 * Since when rollups of each length are kept. Each horizon is the start of a longer rollup, so that shorter rollups never
 * cover a longer one partially.
 */
export type Horizons = Readonly<Record<RollupLength, number>>;

/** Widens a range to whole rollups, of the shortest length that is kept at each end. */
export function widenToRollups({ from, to }: TimeRange, horizons: Horizons): TimeRange {
  const lastMoment = Math.max(from, to - 1);
  const last = shortestRollupAt(lastMoment, horizons);
  return { from: floorTo(from, shortestRollupAt(from, horizons)), to: floorTo(lastMoment, last) + last };
}

/** Returns the shortest rollup length that is kept at a time. */
export function shortestRollupAt(time: number, horizons: Horizons): RollupLength {
  return ROLLUP_LENGTHS.findLast((length) => time >= horizons[length]) ?? DAY;
}

/** Covers a widened range with the fewest rollups: the longest in the middle, shorter ones at the ends. */
export function rollupRangesOf(range: TimeRange, longest: RollupLength): RollupRange[] {
  return cover(
    range,
    ROLLUP_LENGTHS.filter((length) => length <= longest),
  );
}

function cover({ from, to }: TimeRange, [length, ...shorter]: readonly RollupLength[]): RollupRange[] {
  if (from >= to || length === undefined) return [];
  const first = Math.ceil(from / length) * length;
  const last = floorTo(to, length);
  if (first >= last) return cover({ from, to }, shorter);
  return [
    ...cover({ from, to: first }, shorter),
    { length, from: first, to: last },
    ...cover({ from: last, to }, shorter),
  ];
}

export function floorTo(time: number, unit: number): number {
  return Math.floor(time / unit) * unit;
}

/** Length and alignment of buckets. */
export interface TimeBuckets {
  /** Milliseconds. */
  readonly length: number;
  readonly offset: number;
  /** The longest rollup length that fits into buckets without overlap. */
  readonly longest: RollupLength;
}

/**
 * Returns the buckets of a query, lengthened where only longer rollups are kept; `null` if the query has none.
 *
 * @throws StoreQueryError if rollups cannot be aligned to the buckets
 */
export function timeBucketsOf(
  { bucketMs, bucketOffsetMs = 0, range }: BucketedQuery,
  horizons: Horizons,
): TimeBuckets | null {
  if (bucketOffsetMs % MINUTE !== 0)
    throw new StoreQueryError(`bucketOffsetMs must be a multiple of ${MINUTE}, received ${bucketOffsetMs}.`);
  if (bucketMs === undefined) return null;
  if (!(bucketMs >= MINUTE && bucketMs % MINUTE === 0))
    throw new StoreQueryError(`bucketMs must be a positive multiple of ${MINUTE}, received ${bucketMs}.`);
  const shortest = shortestRollupAt(range.from, horizons);
  const length = Math.ceil(bucketMs / shortest) * shortest;
  // A time zone ahead of UTC starts its day earlier.
  const offset = floorTo(-bucketOffsetMs, shortest);
  const longest = ROLLUP_LENGTHS.find((rollup) => length % rollup === 0 && offset % rollup === 0) ?? MINUTE;
  return { length, offset: offset === 0 ? 0 : offset, longest };
}

/** Returns the start of the bucket that contains a time. */
export function bucketStart({ length, offset }: TimeBuckets, time: number): number {
  return floorTo(time - offset, length) + offset;
}

/** @throws StoreQueryError */
export function checkRange({ from, to }: BucketedQuery['range']): void {
  if (!(Number.isFinite(from) && Number.isFinite(to) && from >= 0 && from < to)) {
    throw new StoreQueryError(`range must have 0 <= from < to, received from ${from} and to ${to}.`);
  }
}

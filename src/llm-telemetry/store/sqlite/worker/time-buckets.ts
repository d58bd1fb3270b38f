import { StoreQueryError } from '../../call-store.js';
import type { BucketedQuery } from '../../measures.js';
import { ROLLUP_LENGTHS, type RollupLength } from './rollup-lengths.js';
import { floorTo, shortestRollupAt, type Horizons } from './rollup-ranges.js';
import { MINUTE } from '../../../units/time.js';

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

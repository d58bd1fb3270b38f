import { StoreQueryError } from '../../call-store.js';
import type { BucketedQuery } from '../../measures.js';
import { LEVELS, MINUTE, type Level } from './levels.js';
import { floorTo, shortestAt, type Horizons } from './spans.js';

/** How a range is cut up. */
export interface TimeBuckets {
  /** Milliseconds. */
  readonly length: number;
  readonly offset: number;
  /** The longest rollups of which none lies in two buckets. */
  readonly longest: Level;
}

/**
 * The buckets of a query, as long as what is kept of its range allows; `null`: it has none.
 *
 * @throws StoreQueryError for those that no rollups make up.
 */
export function timeBucketsOf(
  { bucketMs, bucketOffsetMs = 0, range }: BucketedQuery,
  horizons: Horizons,
): TimeBuckets | null {
  if (bucketOffsetMs % MINUTE !== 0) throw new StoreQueryError('Buckets are moved by whole minutes.');
  if (bucketMs === undefined) return null;
  if (!(bucketMs >= MINUTE && bucketMs % MINUTE === 0))
    throw new StoreQueryError('The length of a bucket is a multiple of a minute.');
  const shortest = shortestAt(range.from, horizons);
  const length = Math.ceil(bucketMs / shortest) * shortest;
  // A clock that is ahead of UTC starts its day earlier.
  const offset = floorTo(-bucketOffsetMs, shortest);
  const longest = LEVELS.find((level) => length % level === 0 && offset % level === 0) ?? MINUTE;
  return { length, offset: offset === 0 ? 0 : offset, longest };
}

/** The start of the bucket that a moment is in. */
export function bucketStart({ length, offset }: TimeBuckets, time: number): number {
  return floorTo(time - offset, length) + offset;
}

/** @throws StoreQueryError */
export function checkRange({ from, to }: BucketedQuery['range']): void {
  if (!(Number.isFinite(from) && Number.isFinite(to) && from >= 0 && from < to)) {
    throw new StoreQueryError('A range begins before it ends.');
  }
}

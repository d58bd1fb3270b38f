import { clockTime, day } from '../formats/formats.js';
import type { TimeRange } from '../../api/index.js';
import type { Buckets } from './series.js';
import { DAY } from '../../../units/time.js';

/** Formats a bucket: `11:30 – 11:45`, with the day if it differs from the day of the last bucket. */
export function spanText({ at, bucketMs }: Pick<Buckets, 'at' | 'bucketMs'>, index: number): string {
  const from = at[index]!;
  const to = from + bucketMs;
  if (bucketMs >= DAY) return bucketMs === DAY ? day(from) : `${day(from)} – ${day(to - 1)}`;
  const other = day(from) === day(at.at(-1)!) ? '' : `${day(from)}, `;
  return `${other}${clockTime(from)} – ${clockTime(to)}`;
}

/** Returns the range that two buckets span, in either order. */
export function rangeOfBuckets(
  { at, bucketMs }: Pick<Buckets, 'at' | 'bucketMs'>,
  one: number,
  other: number,
): TimeRange {
  return { from: at[Math.min(one, other)]!, to: at[Math.max(one, other)]! + bucketMs };
}

/** Formats a selection of buckets: `11:30 – 13:45`. */
export function selectionText(buckets: Pick<Buckets, 'at' | 'bucketMs'>, one: number, other: number): string {
  const { from, to } = rangeOfBuckets(buckets, one, other);
  return spanText({ at: [from], bucketMs: to - from }, 0);
}

export function isRunning({ at, bucketMs, asOf }: Buckets, index: number): boolean {
  return at[index]! + bucketMs > asOf;
}

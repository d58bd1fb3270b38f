import { clockTime, day } from '../formats/formats.js';
import type { TimeRange } from '../../api/index.js';
import { DAY } from '../../../units/time.js';

/** Color number of a series: 1 to 6 by rank; 0 is hatched, for all others. */
export type Color = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export const COLORS = 6;

/** Returns the color of a rank, which starts at 0. */
export function colorOfRank(rank: number): Color {
  return (rank >= 0 && rank < COLORS ? rank + 1 : 0) as Color;
}

export interface ChartSeries {
  readonly name: string;
  readonly color: Color;
  /** Value per bucket; `null` without calls. */
  readonly values: ReadonlyArray<number | null>;
}

/** Contiguous time buckets. */
export interface Buckets {
  /** Start of each bucket, Unix milliseconds. */
  readonly at: readonly number[];
  readonly bucketMs: number;
  /** Time of the data: a bucket that ends later is incomplete. */
  readonly asOf: number;
}

/** Returns the sum of the known values of a bucket; `null` if there are none. */
export function totalAt(series: readonly ChartSeries[], index: number): number | null {
  const known = series.map(({ values }) => values[index] ?? null).filter((value) => value !== null);
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
}

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

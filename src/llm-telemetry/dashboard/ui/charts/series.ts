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

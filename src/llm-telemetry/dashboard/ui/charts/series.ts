/** The number of a series' colour, from 1 by rank; 0: what has none of its own, hatched. */
export type Colour = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export const COLOURS = 6;

/** The colour of a rank, counted from 0. */
export function colourOfRank(rank: number): Colour {
  return (rank >= 0 && rank < COLOURS ? rank + 1 : 0) as Colour;
}

export interface ChartSeries {
  readonly name: string;
  readonly colour: Colour;
  /** For each bucket; `null`: there were no calls. */
  readonly values: ReadonlyArray<number | null>;
}

/** Buckets of time, without gaps. */
export interface Buckets {
  /** The start of each, Unix milliseconds. */
  readonly at: readonly number[];
  readonly bucketMs: number;
  /** One that ends after this still runs. */
  readonly asOf: number;
}

/** The sum of what is known of a bucket; `null`: nothing is. */
export function totalAt(series: readonly ChartSeries[], index: number): number | null {
  const known = series.map(({ values }) => values[index] ?? null).filter((value) => value !== null);
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
}

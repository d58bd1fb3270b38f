/** Median and quartiles, which are robust against outliers. */
export interface Spread {
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  /** Number of values. */
  readonly count: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    q1: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    q3: quantile(sorted, 0.75),
    count: sorted.length,
  };
}

export function scaled({ q1, median, q3, count }: Spread, factor: number): Spread {
  return { q1: q1 * factor, median: median * factor, q3: q3 * factor, count };
}

/** Estimates the standard error of the median from the quartiles, for a normal distribution. */
export function medianError({ q1, q3, count }: Spread): number {
  return (1.2533 * (q3 - q1)) / 1.349 / Math.sqrt(count);
}

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at % 1);
}

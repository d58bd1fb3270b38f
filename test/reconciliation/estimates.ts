/** Estimate and bill of output tokens and cost. */
export interface Difference {
  /** Kind of the estimate, for example “a stream that was left, of openai”. */
  readonly of: string;
  readonly estimatedTokens: number;
  readonly billedTokens: number;
  readonly estimatedUsd: number;
  readonly billedUsd: number;
}

/** Formats the distribution of the errors of estimates, in percent of the bill. */
export function describeEstimates(differences: readonly Difference[], billUsd: number): string {
  const kinds = [...new Set(differences.map(({ of }) => of))].sort();
  const rows = kinds.map((kind) => {
    const those = differences.filter(({ of }) => of === kind);
    const costs = percents(those.map(({ estimatedUsd, billedUsd }) => [estimatedUsd, billedUsd]));
    const tokens = percents(
      those.map(({ estimatedTokens, billedTokens }) => [estimatedTokens, billedTokens]),
    );
    return [kind, String(those.length), ...quantiles(tokens), ...quantiles(costs)];
  });
  const heads = [
    'estimated',
    'calls',
    ...['tokens', 'cost'].flatMap((what) => QUANTILES.map((q) => `${what} P${q}`)),
  ];
  const widths = heads.map((head, column) =>
    Math.max(...[heads, ...rows].map((row) => row[column]!.length), head.length),
  );
  const lines = [heads, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  '),
  );
  const totalErrorUsd = differences.reduce(
    (sum, { estimatedUsd, billedUsd }) => sum + estimatedUsd - billedUsd,
    0,
  );
  return [
    'What estimates are off by, in percent of the bill’s output tokens and cost:',
    ...lines,
    `All of them together: ${totalErrorUsd < 0 ? '−' : '+'}$${Math.abs(totalErrorUsd).toFixed(6)}, ${((100 * Math.abs(totalErrorUsd)) / billUsd).toFixed(3)} % of the whole bill.`,
  ].join('\n');
}

const QUANTILES = [5, 25, 50, 75, 95];

function percents(pairs: ReadonlyArray<readonly [number, number]>): number[] {
  return pairs
    .filter(([, billed]) => billed > 0)
    .map(([estimated, billed]) => (100 * (estimated - billed)) / billed)
    .sort((one, other) => one - other);
}

function quantiles(sorted: readonly number[]): string[] {
  return QUANTILES.map((quantile) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor((quantile / 100) * sorted.length))];
    return value === undefined ? '–' : `${value > 0 ? '+' : ''}${value.toFixed(0)}`;
  });
}

import { sumUsd } from '../../units/usd.js';
import type { Measures } from '../../store/measures.js';
import { MEASURED_SUMS, type UsageMeasure } from '../../wire/usage.js';
import type { CountMetric, Metric, QuantileMetric } from '../answers/timeline.js';

/** Every measure that can be summed, set to 0. */
export const NO_COUNTS: Readonly<Record<CountMetric, 0>> = {
  calls: 0,
  failed: 0,
  aborted: 0,
  truncated: 0,
  contentFiltered: 0,
  costUsd: 0,
  estimatedCostUsd: 0,
  billedCalls: 0,
  unpricedCalls: 0,
  missingUsageCalls: 0,
  estimatedUsageCalls: 0,
  ...(Object.fromEntries(MEASURED_SUMS.map(({ name }) => [name, 0])) as Record<UsageMeasure, 0>),
  attempts: 0,
  retries: 0,
  rateLimitedAttempts: 0,
  retriedCalls: 0,
  recoveredCalls: 0,
  retryTimeMs: 0,
  retryCostUsd: 0,
};

const COUNTS = Object.keys(NO_COUNTS) as CountMetric[];

const QUANTILES: readonly QuantileMetric[] = (['duration', 'firstToken'] as const).flatMap((of) =>
  (['p50', 'p90', 'p95', 'p99', 'max'] as const).map((quantile) => `${of}.${quantile}` as const),
);

export const METRICS: readonly Metric[] = [...COUNTS, ...QUANTILES];

export function isQuantile(metric: Metric): metric is QuantileMetric {
  return metric.includes('.');
}

/** Returns the value of a metric; `null` for a quantile without values. */
export function valueOf(measures: Measures, metric: Metric): number | null {
  if (!isQuantile(metric)) return measures[metric];
  const [of, quantile] = metric.split('.') as [
    'duration' | 'firstToken',
    'p50' | 'p90' | 'p95' | 'p99' | 'max',
  ];
  return measures[of]?.[quantile] ?? null;
}

const MONEY = COUNTS.filter((metric) => metric.endsWith('Usd'));

/** Sums all counts. Quantiles cannot be summed and are `null`. */
export function addMeasures(all: readonly Measures[]): Measures {
  const sum: Record<CountMetric, number> = { ...NO_COUNTS };
  for (const measures of all) for (const metric of COUNTS) sum[metric] += measures[metric];
  // Floating-point addition of dollars is inexact.
  for (const metric of MONEY) sum[metric] = sumUsd(all.map((measures) => measures[metric]));
  return { ...sum, duration: null, firstToken: null };
}

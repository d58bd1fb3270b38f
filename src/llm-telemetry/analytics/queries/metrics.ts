import { sumUsd } from '../../units/usd.js';
import {
  HISTOGRAM_MEASURES,
  NO_MEASURES,
  QUANTILE_NAMES,
  SUMMED_MEASURES,
  USD_SUMS,
  type HistogramMeasure,
  type QuantileName,
} from '../../store/measure-table.js';
import type { Measures } from '../../store/measures.js';
import type { CountMetric, Metric, QuantileMetric } from '../answers/timeline.js';

const QUANTILES = HISTOGRAM_MEASURES.flatMap((of) =>
  QUANTILE_NAMES.map((quantile): QuantileMetric => `${of}.${quantile}`),
);

export const METRICS: readonly Metric[] = [...SUMMED_MEASURES, ...QUANTILES];

export function isQuantile(metric: Metric): metric is QuantileMetric {
  return metric.includes('.');
}

/** Returns the value of a metric; `null` for a quantile without values. */
export function valueOf(measures: Measures, metric: Metric): number | null {
  if (!isQuantile(metric)) return measures[metric];
  const [of, quantile] = metric.split('.') as [HistogramMeasure, QuantileName];
  return measures[of]?.[quantile] ?? null;
}

/** Sums all counts. Quantiles cannot be summed and are `null`. */
export function addMeasures(all: readonly Measures[]): Measures {
  const sum: Record<CountMetric, number> = { ...NO_MEASURES };
  for (const measures of all) for (const metric of SUMMED_MEASURES) sum[metric] += measures[metric];
  // Floating-point addition of dollars is inexact.
  for (const metric of USD_SUMS) sum[metric] = sumUsd(all.map((measures) => measures[metric]));
  return { ...sum, ...NO_QUANTILES };
}

const NO_QUANTILES = Object.fromEntries(HISTOGRAM_MEASURES.map((name) => [name, null])) as Record<
  HistogramMeasure,
  null
>;

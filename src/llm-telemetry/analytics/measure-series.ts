import { withoutVersion } from '../calls/model-version.js';
import { sumUsd } from '../units/usd.js';
import {
  HISTOGRAM_MEASURES,
  NO_MEASURES,
  QUANTILE_NAMES,
  SUMMED_MEASURES,
  USD_SUMS,
  type HistogramMeasure,
  type QuantileName,
} from '../store/measure-table.js';
import type { MeasuredBucket, MeasuredGroup, MeasureResult, Measures } from '../store/measures.js';
import type { CountMetric, Metric, QuantileMetric, Series, Timeline } from './responses.js';

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

/** Returns the value of each metric for each bucket; `null` without data. */
export function overTime(
  buckets: readonly MeasuredBucket[],
  at: readonly number[],
  metrics: readonly Metric[],
): Series {
  const found = new Map(buckets.map((bucket) => [bucket.at, bucket.measures]));
  return Object.fromEntries(
    metrics.map((metric) => [
      metric,
      at.map((start) => {
        const measures = found.get(start);
        return measures ? valueOf(measures, metric) : null;
      }),
    ]),
  );
}

/** Returns the measure that ranks groups; the same ranking is passed to the store as `top`. */
export function rankedBy(metric: Metric): CountMetric {
  return isQuantile(metric) ? 'calls' : metric;
}

/** Returns the largest groups over time, and the sum of the others. */
export function groupsOverTime(
  result: MeasureResult,
  at: readonly number[],
  metrics: readonly [Metric, ...Metric[]],
  limit: number,
): Pick<Timeline, 'groups' | 'others'> {
  const by = rankedBy(metrics[0]);
  const ranked = result.groups.toSorted((a, b) => b.measures[by] - a.measures[by]);
  const others = ranked.slice(limit);
  return {
    groups: ranked
      .slice(0, limit)
      .map(({ names, buckets }) => ({ names, values: overTime(buckets, at, metrics) })),
    others:
      others.length > 0
        ? {
            groups: others.length,
            values: overTime(
              addBuckets(bucketsIn({ ...result, groups: others })),
              at,
              metrics.filter((metric) => !isQuantile(metric)),
            ),
          }
        : null,
  };
}

/** Returns the buckets of all groups, including the sums of groups without buckets. */
export function bucketsIn({ groups, others = [] }: MeasureResult): readonly MeasuredBucket[] {
  return [...groups.flatMap(({ buckets }) => buckets), ...others];
}

/** Adds up buckets with the same start. */
export function addBuckets(buckets: readonly MeasuredBucket[]): MeasuredBucket[] {
  const byStart = new Map<number, Measures[]>();
  for (const { at, measures } of buckets) {
    const there = byStart.get(at);
    if (there) there.push(measures);
    else byStart.set(at, [measures]);
  }
  return [...byStart].map(([at, all]) => ({ at, measures: addMeasures(all) }));
}

/**
 * Merges the versions of a model if the store has not merged them: counts are added, and quantiles are `null`. A result that
 * is already merged is returned unchanged.
 */
export function withVersionsMerged(result: MeasureResult): MeasureResult {
  const merged = new Map<string, MeasuredGroup[]>();
  for (const group of result.groups) {
    const key = JSON.stringify({ ...group.names, model: baseOf(group) });
    const parts = merged.get(key);
    if (parts) parts.push(group);
    else merged.set(key, [group]);
  }
  if (result.groups.every((group) => baseOf(group) === (group.names.model ?? null))) return result;
  const groups = [...merged.values()].map(groupOf);
  groups.sort(
    ({ measures: one }, { measures: other }) => other.costUsd - one.costUsd || other.calls - one.calls,
  );
  return { ...result, groups };
}

function baseOf({ names }: MeasuredGroup): string | null {
  return typeof names.model === 'string' ? withoutVersion(names.model) : null;
}

function groupOf(parts: readonly MeasuredGroup[]): MeasuredGroup {
  const [first, ...others] = parts as [MeasuredGroup, ...MeasuredGroup[]];
  const model = baseOf(first);
  if (model === null) return first;
  return {
    names: { ...first.names, model },
    measures: others.length === 0 ? first.measures : addMeasures(parts.map(({ measures }) => measures)),
    buckets: others.length === 0 ? first.buckets : addBuckets(parts.flatMap(({ buckets }) => buckets)),
    versions: parts.map(({ names, measures }) => ({ model: names.model!, measures })),
  };
}

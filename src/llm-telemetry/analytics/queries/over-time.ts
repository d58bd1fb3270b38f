import type { MeasuredBucket, MeasureResult, Measures } from '../../store/measures.js';
import type { CountMetric, Metric, Series, Timeline } from '../answers/timeline.js';
import { addMeasures, isQuantile, valueOf } from './metrics.js';

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

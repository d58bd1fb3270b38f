import type { MeasuredBucket, MeasuredGroup, Measures } from '../../store/measures.js';
import type { Metric, Series, Timeline } from '../api/timeline.js';
import { addMeasures, isQuantile, valueOf } from './metrics.js';

/** A value of each metric for each bucket; `null` where there was nothing. */
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

/** The greatest groups over time, and the others added up. */
export function groupsOverTime(
  groups: readonly MeasuredGroup[],
  at: readonly number[],
  metrics: readonly [Metric, ...Metric[]],
  limit: number,
): Pick<Timeline, 'groups' | 'others'> {
  const ranked = [...groups].sort((a, b) => rank(b, metrics[0]) - rank(a, metrics[0]));
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
              addBuckets(others),
              at,
              metrics.filter((metric) => !isQuantile(metric)),
            ),
          }
        : null,
  };
}

function rank({ measures }: MeasuredGroup, metric: Metric): number {
  return isQuantile(metric) ? measures.calls : measures[metric];
}

/** The buckets of all groups, added up. */
export function addBuckets(groups: readonly MeasuredGroup[]): MeasuredBucket[] {
  const byStart = new Map<number, Measures[]>();
  for (const { at, measures } of groups.flatMap(({ buckets }) => buckets)) {
    const there = byStart.get(at);
    if (there) there.push(measures);
    else byStart.set(at, [measures]);
  }
  return [...byStart].map(([at, all]) => ({ at, measures: addMeasures(all) }));
}

import type { CountMeasure, Dimension, Quantiles, TimeRange } from '../../store/measures.js';
import type { Figures } from './figures.js';

/** A figure that can be added up. @publicApi */
export type CountMetric = CountMeasure;

/** A quantile, milliseconds. @publicApi */
export type QuantileMetric = `${'duration' | 'firstToken'}.${Exclude<keyof Quantiles, 'count'>}`;

/** What a timeline shows. Rates are for the reader to divide, by `calls` as a rule. @publicApi */
export type Metric = CountMetric | QuantileMetric;

/** A value for each bucket. `null`: there were no calls in it (or, of a quantile, no values), which is not 0. @publicApi */
export type Series = Readonly<Partial<Record<Metric, ReadonlyArray<number | null>>>>;

/**
 * Some metrics over time, of all calls and by names: the chart, the sparklines, durations by operation over time.
 *
 * @publicApi
 */
export interface Timeline extends Figures {
  readonly by: readonly Dimension[];
  /** The length of a bucket: longer than asked for where only longer rollups are kept. */
  readonly bucketMs: number;
  /** The start of each bucket, the oldest first, without gaps. The first may start before the range, the last still run. */
  readonly at: readonly number[];
  readonly total: Series;
  /**
   * The period before, for the same buckets, each `apartMs` (the range, in whole buckets) before its own. All `null`
   * where of so long ago only longer ones are kept.
   */
  readonly before: { readonly range: TimeRange; readonly apartMs: number; readonly total: Series };
  /**
   * The greatest by the first metric that was asked for (by calls where that is a quantile) first; at most `limit` of
   * them: 6 unless told otherwise, 50 at most.
   */
  readonly groups: readonly TimelineGroup[];
  /** The groups after those, added up; quantiles are left out. `null`: there are none. */
  readonly others: { readonly groups: number; readonly values: Series } | null;
}

/** @publicApi */
export interface TimelineGroup {
  readonly names: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly values: Series;
}

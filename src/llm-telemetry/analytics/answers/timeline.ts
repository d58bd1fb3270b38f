import type { HistogramMeasure, QuantileName } from '../../store/measure-table.js';
import type { CountMeasure, Dimension, TimeRange } from '../../store/measures.js';
import type { Figures } from './figures.js';

/** An additive measure. @publicApi */
export type CountMetric = CountMeasure;

/** A quantile in milliseconds. @publicApi */
export type QuantileMetric = `${HistogramMeasure}.${QuantileName}`;

/** A measure of a timeline. Rates are computed by the client, usually by dividing by `calls`. @publicApi */
export type Metric = CountMetric | QuantileMetric;

/** One value per bucket. `null`: no calls (for quantiles: no values), as opposed to 0. @publicApi */
export type Series = Readonly<Partial<Record<Metric, ReadonlyArray<number | null>>>>;

/**
 * Measures over time, of all calls and by dimensions.
 *
 * @publicApi
 */
export interface Timeline extends Figures {
  readonly by: readonly Dimension[];
  /** Length of a bucket in milliseconds; longer than requested if only longer rollups exist. */
  readonly bucketMs: number;
  /** Start of each bucket in ascending order, without gaps. The first can start before the range, the last can be incomplete. */
  readonly at: readonly number[];
  readonly total: Series;
  /**
   * Values of the previous period for the same buckets, each `apartMs` (the range in whole buckets) earlier. All `null` if
   * only longer rollups exist for that time.
   */
  readonly before: { readonly range: TimeRange; readonly apartMs: number; readonly total: Series };
  /**
   * Groups by descending value of the first requested metric (of calls if that is a quantile); at most `limit` (default 6,
   * maximum 50).
   */
  readonly groups: readonly TimelineGroup[];
  /** Sum of the remaining groups, without quantiles. `null`: none. */
  readonly others: { readonly groups: number; readonly values: Series } | null;
}

/** One group of a timeline. @publicApi */
export interface TimelineGroup {
  readonly names: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly values: Series;
}

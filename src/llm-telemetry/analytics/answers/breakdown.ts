import type { Dimension, Measures, ModelVersion, TimeRange } from '../../store/measures.js';
import type { Figures } from './figures.js';

/**
 * Measures of a range grouped by dimensions, with the previous period: for example cost by feature, duration by operation or
 * truncation by model.
 *
 * @publicApi
 */
export interface Breakdown extends Figures {
  readonly by: readonly Dimension[];
  readonly total: Measures;
  /** Groups by descending cost, then calls; at most `limit` (default 100, maximum 1,000). */
  readonly groups: readonly BreakdownGroup[];
  /** Sum of the remaining groups, without quantiles. `null`: none. */
  readonly others: { readonly groups: number; readonly measures: Measures } | null;
  readonly before: { readonly range: TimeRange; readonly total: Measures };
}

/** One group of a breakdown. @publicApi */
export interface BreakdownGroup {
  /** One name per dimension of `by`. `null`: calls without a name. */
  readonly names: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly measures: Measures;
  /** Measures of the previous period. `null`: no calls. */
  readonly before: Measures | null;
  /** With `mergeVersions=true`: the model versions merged into this group, by descending cost. */
  readonly versions?: readonly ModelVersion[];
}

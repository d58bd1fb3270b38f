import type { Dimension, Measures, ModelVersion, TimeRange } from '../../store/measures.js';
import type { Figures } from './figures.js';

/**
 * The figures of a range told apart by names, each beside the period before: cost by feature (who is to blame), duration
 * by operation, truncation by model.
 *
 * @publicApi
 */
export interface Breakdown extends Figures {
  readonly by: readonly Dimension[];
  readonly total: Measures;
  /** The most expensive first, then the one with most calls. At most `limit`: 100 unless told otherwise, 1,000 at most. */
  readonly groups: readonly BreakdownGroup[];
  /** The groups after those, added up; they have no quantiles. `null`: there are none. */
  readonly others: { readonly groups: number; readonly measures: Measures } | null;
  readonly before: { readonly range: TimeRange; readonly total: Measures };
}

/** @publicApi */
export interface BreakdownGroup {
  /** One for each dimension of `by`. `null`: the calls have none. */
  readonly names: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly measures: Measures;
  /** `null`: there were no calls of it in the period before. */
  readonly before: Measures | null;
  /** With `mergeVersions=true`: the names that were merged into this group, the most expensive first. */
  readonly versions?: readonly ModelVersion[];
}

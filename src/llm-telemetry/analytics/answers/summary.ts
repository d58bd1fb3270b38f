import type { Measures, TimeRange } from '../../store/measures.js';
import type { Figures } from './figures.js';

/**
 * Measures of a range with quantiles, and of the previous period. Source of the verdict and the key figures of the dashboard.
 *
 * @publicApi
 */
export interface Summary extends Measures, Figures {
  /** Measures of the previous period of the same length. */
  readonly before: Measures & { readonly range: TimeRange };
}

import type { Measures, TimeRange } from '../../store/measures.js';
import type { Figures } from './figures.js';

/**
 * The figures of a range, quantiles included, beside those of the period before: what the verdict and the seven figures
 * at the top of the page are made from.
 *
 * @publicApi
 */
export interface Summary extends Measures, Figures {
  /** The period of the same length that ended where this one starts. */
  readonly before: Measures & { readonly range: TimeRange };
}

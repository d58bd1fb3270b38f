import type { Measures, UnpricedModel } from '../../store/measures.js';
import type { Figures } from './figures.js';

/** How far the figures can be trusted: what is not known of them. @publicApi */
export interface Quality
  extends
    Figures,
    Pick<
      Measures,
      | 'calls'
      | 'billedCalls'
      | 'unpricedCalls'
      | 'missingUsageCalls'
      | 'estimatedUsageCalls'
      | 'estimatedCostUsd'
      | 'costUsd'
    > {
  /** True where `costUsd` is less than what was spent: something has no price or no usage. */
  readonly lowerBound: boolean;
  /** The models that have no price, the most used first; at most 100. */
  readonly unpricedModels: readonly UnpricedModel[];
  /** Calls that the store of this process could not keep since it started: they are in no figure. */
  readonly dropped: number;
}

import type { Measures, UnpricedModel } from '../../store/measures.js';
import type { Figures } from './figures.js';

/** Data quality: calls with missing or estimated data. @publicApi */
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
  /** True if `costUsd` is a lower bound, because calls have no price or no usage. */
  readonly lowerBound: boolean;
  /** Models without a price by descending use; at most 100. */
  readonly unpricedModels: readonly UnpricedModel[];
  /** Calls dropped by the store of this process since its start. No measure includes them. */
  readonly dropped: number;
}

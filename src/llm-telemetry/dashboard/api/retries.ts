import type { ErrorCount, Measures } from '../../store/measures.js';
import type { Figures } from './figures.js';

/** What repeated requests did and cost: whom they saved, how long that took and what was paid for nothing. @publicApi */
export interface Retries
  extends
    Figures,
    Pick<
      Measures,
      | 'calls'
      | 'attempts'
      | 'retries'
      | 'retriedCalls'
      | 'recoveredCalls'
      | 'retryTimeMs'
      | 'retryCostUsd'
      | 'rateLimitedAttempts'
    > {
  /**
   * Why requests failed, the most frequent first: `attempts` that ended so, and `calls` that ended so in the end, which
   * no retry has saved.
   */
  readonly reasons: readonly ErrorCount[];
}

import type { ErrorCount, Measures, RetryCounts } from '../../store/measures.js';
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
  /** Why requests were repeated, and what else they failed by: the most repeated first. */
  readonly reasons: readonly RetryReason[];
}

/**
 * Requests that ended in one error, and what repeating them did. Of calls that were kept by a version before this was
 * counted, only `attempts` and `calls` are known.
 *
 * @publicApi
 */
export interface RetryReason extends ErrorCount, RetryCounts {}

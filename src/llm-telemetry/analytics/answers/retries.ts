import type { ErrorCount, Measures, RetryCounts } from '../../store/measures.js';
import type { Figures } from './figures.js';

/** Effect and cost of retries: recovered calls, time and cost. @publicApi */
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
  /** Error types of requests by descending number of retries. */
  readonly reasons: readonly RetryReason[];
}

/**
 * Requests with one error type and the effect of their retries. For calls stored by earlier versions, only `attempts` and
 * `calls` are known.
 *
 * @publicApi
 */
export interface RetryReason extends ErrorCount, RetryCounts {}

import type { MeasureFilter, TimeRange } from '../../store/measures.js';

/**
 * Cost of recorded calls on another model, for the same tokens at its prices on the day of the call. Both costs include only
 * calls that can be compared. A different model can use a different number of tokens.
 *
 * @publicApi
 */
export interface WhatIf {
  readonly range: TimeRange;
  /** Server time of the response, Unix milliseconds. */
  readonly asOf: number;
  /** `null`: all or several features. */
  readonly feature: string | null;
  /** Filters of the query. */
  readonly where?: MeasureFilter;
  /** The other model. */
  readonly model: string;
  /** Provider whose prices were used. */
  readonly provider: string;
  /** Billed calls in the range. */
  readonly calls: number;
  /** Number of latest billed calls that were read; at most 2,000, and only those still stored. */
  readonly readCalls: number;
  /** Number of read calls with both costs known. */
  readonly repricedCalls: number;
  /** USD of the repriced calls. */
  readonly spentUsd: number;
  /** USD of the repriced calls on the other model. */
  readonly wouldBeUsd: number;
  /** `wouldBeUsd - spentUsd`. */
  readonly differenceUsd: number;
  /** Reasons why calls could not be repriced, most frequent first. */
  readonly notRepriced: ReadonlyArray<{ readonly reason: string; readonly calls: number }>;
  /** Number of repriced calls with estimated usage. */
  readonly estimatedCalls: number;
  /**
   * Confidence in the token counts for the other model. `high`: it is the recorded model. `medium`: all recorded models are
   * by the same maker. `low`: some are by another maker, whose tokenizer differs, or no call was repriced.
   */
  readonly confidence: 'high' | 'medium' | 'low';
}

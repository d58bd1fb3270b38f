import type { MeasureFilter, TimeRange } from '../../store/measures.js';

/**
 * What recorded calls would have cost on another model: the same tokens of each kind, at its prices of the day of the call.
 * Money is of the calls that can be compared, so that both sides are of the same ones. What it would have answered, and
 * in how many tokens, nobody knows.
 *
 * @publicApi
 */
export interface WhatIf {
  readonly range: TimeRange;
  /** By the server's clock. */
  readonly asOf: number;
  /** `null`: of all features, or of several. */
  readonly feature: string | null;
  /** The filters of the query. */
  readonly where?: MeasureFilter;
  readonly model: string;
  /** Whose prices for it were taken. */
  readonly provider: string;
  /** Calls in the range for which something was billed. */
  readonly calls: number;
  /** How many of them were looked at, the latest ones: those that are still kept, and 2,000 at most. */
  readonly readCalls: number;
  /** How many of those can be compared: what they cost is known, and what they would cost is too. */
  readonly repricedCalls: number;
  /** USD, of those. */
  readonly spentUsd: number;
  readonly wouldBeUsd: number;
  /** `wouldBeUsd - spentUsd`. */
  readonly differenceUsd: number;
  /** Why the others cannot be, the most frequent first. */
  readonly notRepriced: ReadonlyArray<{ readonly reason: string; readonly calls: number }>;
  /** How many of the compared ones rest on estimated usage. */
  readonly estimatedCalls: number;
  /**
   * How far the token counts hold for the other model. `high`: it is the one that answered. `medium`: all that answered are
   * of the same maker. `low`: some are of another maker, whose tokenizer counts the same text differently; or there are none.
   */
  readonly confidence: 'high' | 'medium' | 'low';
}

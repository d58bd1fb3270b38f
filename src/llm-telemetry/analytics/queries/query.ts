import type { CallQuery } from '../../store/calls.js';
import type { Dimension, MeasureFilter, TimeRange } from '../../store/measures.js';
import type { Metric } from '../answers/timeline.js';

/** Figures of which calls. @publicApi */
export interface FigureQuery {
  /** `[from, to)`, Unix milliseconds. Default: the last 24 hours, the running minute included. */
  readonly range?: TimeRange;
  /** Default: all. */
  readonly where?: MeasureFilter;
}

/** @publicApi */
export interface BreakdownQuery extends FigureQuery {
  /** `route`, `tenant` and `user` have limits: see `MeasureQuery.by`. */
  readonly by: readonly Dimension[];
  /** Whether quantiles are worked out. Default `false`. */
  readonly quantiles?: boolean;
  /**
   * Merges the versions of a model (`gpt-4o-mini`, `gpt-4o-mini-2024-07-18`) into one group. Applies to `by: ['model']`.
   * @defaultValue false
   */
  readonly mergeVersions?: boolean;
  /** How many groups there are before the others; from 1 to 1,000. Default 100. */
  readonly limit?: number;
}

/** @publicApi */
export interface BucketQuery extends FigureQuery {
  /** A multiple of a minute. Default: one that makes at most 120 buckets. */
  readonly bucketMs?: number;
  /** What the clocks that days are told by are ahead of UTC, in milliseconds. Default 0. */
  readonly bucketOffsetMs?: number;
}

/** @publicApi */
export interface TimelineQuery extends BucketQuery {
  readonly metrics: readonly [Metric, ...Metric[]];
  /** Default: none, only the total. `route` and `tenant` as in a breakdown. */
  readonly by?: readonly Dimension[];
  /**
   * Merges the versions of a model into one group. Applies to `by: ['model']`.
   * @defaultValue false
   */
  readonly mergeVersions?: boolean;
  /** How many groups there are before the others; from 1 to 50. Default 6. */
  readonly limit?: number;
}

/** @publicApi */
export interface WhatIfQuery {
  /** Calls of one feature. Default: all. */
  readonly feature?: string;
  /** Which calls. Default: all. */
  readonly where?: MeasureFilter;
  /** `[from, to)`, Unix milliseconds. Default: the last 24 hours. */
  readonly from?: number;
  readonly to?: number;
  /** The other model, by its provider's name for it. */
  readonly model: string;
  /** Where it would be bought, as in `gen_ai.provider.name`. Default: the first provider of the table that has a price for it. */
  readonly provider?: string;
}

/** `CallQuery` with a range that can be left out: the last 24 hours. @publicApi */
export interface CallsQuery extends Omit<CallQuery, 'range'> {
  readonly range?: TimeRange;
}

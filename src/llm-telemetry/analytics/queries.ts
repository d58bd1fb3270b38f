import type { CallQuery } from '../store/calls.js';
import type { Dimension, MeasureFilter, TimeRange } from '../store/measures.js';
import type { Metric } from './responses.js';

/** Range and filters of a query. @publicApi */
export interface FilteredQuery {
  /** `[from, to)` in Unix milliseconds. By default, the last 24 hours including the running minute. */
  readonly range?: TimeRange;
  /** Filters. By default, all calls. */
  readonly where?: MeasureFilter;
}

/** Query of a breakdown. @publicApi */
export interface BreakdownQuery extends FilteredQuery {
  /** Dimensions. `route`, `tenant` and `user` have limits: see `MeasureQuery.by`. */
  readonly by: readonly Dimension[];
  /**
   * Computes quantiles.
   * @defaultValue false
   */
  readonly quantiles?: boolean;
  /**
   * Merges the versions of a model (`gpt-4o-mini`, `gpt-4o-mini-2024-07-18`) into one group. Applies to `by: ['model']`.
   * @defaultValue false
   */
  readonly mergeVersions?: boolean;
  /**
   * Number of groups, from 1 to 1,000. The remaining ones are summed up as `others`.
   * @defaultValue 100
   */
  readonly limit?: number;
}

/** Query with buckets. @publicApi */
export interface BucketQuery extends FilteredQuery {
  /** Length of a bucket in milliseconds, a multiple of a minute. By default, a length that results in at most 120 buckets. */
  readonly bucketMs?: number;
  /**
   * UTC offset of the buckets in milliseconds, so that days start at local midnight.
   * @defaultValue 0
   */
  readonly bucketOffsetMs?: number;
}

/** Query of a timeline. @publicApi */
export interface TimelineQuery extends BucketQuery {
  readonly metrics: readonly [Metric, ...Metric[]];
  /** Dimensions. By default, only the total. `route` and `tenant` have the limits of a breakdown. */
  readonly by?: readonly Dimension[];
  /**
   * Merges the versions of a model into one group. Applies to `by: ['model']`.
   * @defaultValue false
   */
  readonly mergeVersions?: boolean;
  /**
   * Number of groups, from 1 to 50. The remaining ones are summed up as `others`.
   * @defaultValue 6
   */
  readonly limit?: number;
}

/** Query of a what-if comparison. @publicApi */
export interface WhatIfQuery {
  /** Calls of one feature. By default, all. */
  readonly feature?: string;
  /** Filters. By default, all calls. */
  readonly where?: MeasureFilter;
  /** `[from, to)` in Unix milliseconds. By default, the last 24 hours. */
  readonly from?: number;
  readonly to?: number;
  /** Name of the other model, as used by its provider. */
  readonly model: string;
  /** Provider of the other model, as in `gen_ai.provider.name`. By default, the first provider with a price for it. */
  readonly provider?: string;
}

/** `CallQuery` with an optional range. By default, the last 24 hours. @publicApi */
export interface CallsQuery extends Omit<CallQuery, 'range'> {
  readonly range?: TimeRange;
}

import type { CostReasonCode } from '../calls/cost.js';
import type { CallSort, StoredCall } from '../store/calls.js';
import type { HistogramMeasure, QuantileName } from '../store/measure-table.js';
import type {
  CountMeasure,
  Dimension,
  ErrorCount,
  MeasureFilter,
  Measures,
  ModelVersion,
  RetryCounts,
  TimeRange,
  UnpricedModel,
} from '../store/measures.js';

/** Common properties of all responses with measures. @publicApi */
export interface MeasureResponse {
  /** Requested range, widened to the granularity of rollups. */
  readonly range: TimeRange;
  /** Server time of the response, Unix milliseconds. A bucket that ends later is incomplete. */
  readonly asOf: number;
}

/** Query parameters of all measures. @publicApi */
export interface MeasureParameters {
  readonly from?: string;
  readonly to?: string;
  readonly feature?: readonly string[];
  readonly operation?: readonly string[];
  readonly provider?: readonly string[];
  readonly model?: readonly string[];
  readonly route?: readonly string[];
  readonly tenant?: readonly string[];
  readonly user?: readonly string[];
}

/**
 * Measures of a range with quantiles, and of the previous period. Source of the verdict and the key figures of the dashboard.
 *
 * @publicApi
 */
export interface Summary extends Measures, MeasureResponse {
  /** Measures of the previous period of the same length. */
  readonly before: Measures & { readonly range: TimeRange };
}

/**
 * Measures of a range grouped by dimensions, with the previous period: for example cost by feature, duration by operation or
 * truncation by model.
 *
 * @publicApi
 */
export interface Breakdown extends MeasureResponse {
  readonly by: readonly Dimension[];
  readonly total: Measures;
  /** Groups by descending cost, then calls; at most `limit` (default 100, maximum 1,000). */
  readonly groups: readonly BreakdownGroup[];
  /** Sum of the remaining groups, without quantiles. `null`: none. */
  readonly others: { readonly groups: number; readonly measures: Measures } | null;
  readonly before: { readonly range: TimeRange; readonly total: Measures };
}

/** One group of a breakdown. @publicApi */
export interface BreakdownGroup {
  /** One name per dimension of `by`. `null`: calls without a name. */
  readonly names: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly measures: Measures;
  /** Measures of the previous period. `null`: no calls. */
  readonly before: Measures | null;
  /** With `mergeVersions=true`: the model versions merged into this group, by descending cost. */
  readonly versions?: readonly ModelVersion[];
}

/** An additive measure. @publicApi */
export type CountMetric = CountMeasure;

/** A quantile in milliseconds. @publicApi */
export type QuantileMetric = `${HistogramMeasure}.${QuantileName}`;

/** A measure of a timeline. Rates are computed by the client, usually by dividing by `calls`. @publicApi */
export type Metric = CountMetric | QuantileMetric;

/** One value per bucket. `null`: no calls (for quantiles: no values), as opposed to 0. @publicApi */
export type Series = Readonly<Partial<Record<Metric, ReadonlyArray<number | null>>>>;

/**
 * Measures over time, of all calls and by dimensions.
 *
 * @publicApi
 */
export interface Timeline extends MeasureResponse {
  readonly by: readonly Dimension[];
  /** Length of a bucket in milliseconds; longer than requested if only longer rollups exist. */
  readonly bucketMs: number;
  /** Start of each bucket in ascending order, without gaps. The first can start before the range, the last can be incomplete. */
  readonly at: readonly number[];
  readonly total: Series;
  /**
   * Values of the previous period for the same buckets, each `apartMs` (the range in whole buckets) earlier. All `null` if
   * only longer rollups exist for that time.
   */
  readonly before: { readonly range: TimeRange; readonly apartMs: number; readonly total: Series };
  /**
   * Groups by descending value of the first requested metric (of calls if that is a quantile); at most `limit` (default 6,
   * maximum 50).
   */
  readonly groups: readonly TimelineGroup[];
  /** Sum of the remaining groups, without quantiles. `null`: none. */
  readonly others: { readonly groups: number; readonly values: Series } | null;
}

/** One group of a timeline. @publicApi */
export interface TimelineGroup {
  readonly names: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly values: Series;
}

/** Errors of calls and requests over time. @publicApi */
export interface Errors extends MeasureResponse {
  readonly bucketMs: number;
  /** Start of each bucket in ascending order, without gaps. */
  readonly at: readonly number[];
  /** Error types by descending frequency. Includes `aborted`, which is not a failure. */
  readonly types: readonly ErrorSeries[];
}

/** Counts of one error type. @publicApi */
export interface ErrorSeries extends ErrorCount {
  /** Calls with this error per bucket. */
  readonly values: readonly number[];
}

/** Measures that describe retries. */
export const RETRY_MEASURES = [
  'calls',
  'attempts',
  'retries',
  'retriedCalls',
  'recoveredCalls',
  'retryTimeMs',
  'retryCostUsd',
  'rateLimitedAttempts',
] as const satisfies readonly CountMeasure[];

/** Effect and cost of retries: recovered calls, time and cost. @publicApi */
export interface Retries extends MeasureResponse, Pick<Measures, (typeof RETRY_MEASURES)[number]> {
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

/** Measures that describe how complete costs and usage are. */
export const QUALITY_MEASURES = [
  'calls',
  'billedCalls',
  'unpricedCalls',
  'missingUsageCalls',
  'estimatedUsageCalls',
  'contradictoryUsageCalls',
  'derivedUsageCalls',
  'estimatedCostUsd',
  'costUsd',
] as const satisfies readonly CountMeasure[];

/** Data quality: calls with missing, estimated, derived or contradictory data. @publicApi */
export interface Quality extends MeasureResponse, Pick<Measures, (typeof QUALITY_MEASURES)[number]> {
  /** True if `costUsd` is a lower bound, because calls have no price or no usage. */
  readonly lowerBound: boolean;
  /** Models without a price by descending use; at most 100. */
  readonly unpricedModels: readonly UnpricedModel[];
  /** Calls dropped by the store of this process since its start. No measure includes them. */
  readonly dropped: number;
}

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

/** Query parameters of `api/calls`. @publicApi */
export interface CallsParameters extends MeasureParameters {
  /** Values of `CallRow.outcome`, or `failed` (any failure), `truncated`, `other` (unknown finish reasons). */
  readonly outcome?: readonly string[];
  /** Values of `CallRow.costReasonCode`. */
  readonly costReasonCode?: readonly CostReasonCode[];
  /** `true`: only calls with retries; `false`: only calls without. */
  readonly retried?: 'true' | 'false';
  /** Full-text search in the record, up to 200 characters. */
  readonly text?: string;
  /** @defaultValue 'endedAt' */
  readonly sort?: CallSort;
  /**
   * `asc` is only available with `endedAt`.
   * @defaultValue 'desc'
   */
  readonly order?: 'desc' | 'asc';
  /**
   * Page size from 1 to 1,000.
   * @defaultValue 50
   */
  readonly limit?: string;
  /** `CallPage.next` of the previous page. The other parameters, including `to`, must be the same. */
  readonly cursor?: string;
}

/** One call with attempts, receipts and neighbors. @publicApi */
export interface CallDetail extends StoredCall {
  /** Link to its trace, from the option `traceUrl`; `null` without the option or without a trace. */
  readonly traceUrl: string | null;
}

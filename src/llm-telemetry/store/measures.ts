import type { UsageMeasure } from '../wire/usage.js';

/** Time range `[from, to)` in Unix milliseconds. @publicApi */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Dimensions of measures. Measures by `route`, `tenant` or `user` have limits: see `MeasureQuery.by`. @publicApi */
export type Dimension = 'feature' | 'operation' | 'provider' | 'model' | 'route' | 'tenant' | 'user';

/**
 * Selects series. Names match exactly, except that a model's name without a version (`gpt-4o-mini`) also matches its
 * versions (`gpt-4o-mini-2024-07-18`). Any name of a list matches; omitted dimensions are not filtered.
 *
 * @publicApi
 */
export interface SeriesFilter {
  readonly feature?: readonly string[];
  readonly operation?: readonly string[];
  /** `null`: calls without any request. */
  readonly provider?: ReadonlyArray<string | null>;
  /** `null`: calls without any request. */
  readonly model?: ReadonlyArray<string | null>;
}

/**
 * Selects calls by series, route, tenant and user. Rollups hold only series: measures filtered by route, tenant or user
 * are computed from the kept calls, from at most 50,000 matching calls.
 *
 * @publicApi
 */
export interface MeasureFilter extends SeriesFilter {
  /** `null`: calls outside a request. */
  readonly route?: ReadonlyArray<string | null>;
  /** `null`: calls without a tenant. */
  readonly tenant?: ReadonlyArray<string | null>;
  /** `null`: calls without a user. */
  readonly user?: ReadonlyArray<string | null>;
}

/** @publicApi */
export interface RangeQuery {
  /** Widened to whole minutes, or to whole hours or days if only those rollups are still kept. */
  readonly range: TimeRange;
  readonly where?: MeasureFilter;
}

/** @publicApi */
export interface BucketedQuery extends RangeQuery {
  /**
   * Length of a bucket in milliseconds, a multiple of a minute. Buckets start at its multiples since 1970, shifted by
   * `bucketOffsetMs`. Omitted: no buckets, only measures of the whole range.
   */
  readonly bucketMs?: number;
  /** Shifts buckets to the days of a time zone: milliseconds that it is ahead of UTC. @defaultValue 0 */
  readonly bucketOffsetMs?: number;
}

/** @publicApi */
export interface MeasureQuery extends BucketedQuery {
  /**
   * Dimensions to group by, with one group for each set of names. Empty or omitted: one group for all.
   *
   * `route` or `tenant` without other dimensions, filters and quantiles is read from hourly rollups, so the range is
   * widened to whole hours. Every other combination with `route`, `tenant` or `user` is computed from the kept calls
   * (`MeasureFilter`).
   */
  readonly by?: readonly Dimension[];
  /**
   * Limits buckets to the `groups` groups with the highest `by`; buckets of all other groups are summed in `others`.
   * Omitted, or ignored by a custom store: every group has buckets.
   */
  readonly top?: { readonly groups: number; readonly by: CountMeasure };
  /**
   * Merges the versions of a model (names that differ only in a date or `latest` at the end) into one group, with merged
   * quantiles. Applies where `by` contains `model`.
   * @defaultValue false
   */
  readonly mergeVersions?: boolean;
  /** Computes quantiles, which cost more than sums. @defaultValue false */
  readonly quantiles?: boolean;
}

/** @publicApi */
export interface MeasureResult {
  /** Range that the measures cover: the requested range, widened. */
  readonly range: TimeRange;
  /** Bucket length in ms; longer than requested if only longer rollups are kept; `null` without `bucketMs`. */
  readonly bucketMs: number | null;
  /** Sorted by cost, then by calls, both descending. Without `by`, always exactly one group. */
  readonly groups: readonly MeasuredGroup[];
  /** With `top`: buckets of all groups outside the top, summed, oldest first. They have no quantiles. */
  readonly others?: readonly MeasuredBucket[];
}

/** @publicApi */
export interface MeasuredGroup {
  /** Names of the requested dimensions. `null`: the calls have none. */
  readonly names: Readonly<Partial<Record<Dimension, string | null>>>;
  /** Measures of the whole range. */
  readonly measures: Measures;
  /** With `bucketMs`: nonempty buckets, oldest first. Empty for groups that are not among the `top`. */
  readonly buckets: readonly MeasuredBucket[];
  /** With `mergeVersions`: the model names merged into this group, most expensive first. */
  readonly versions?: readonly ModelVersion[];
}

/** Exact name of a model, with the measures of the whole range. @publicApi */
export interface ModelVersion {
  readonly model: string;
  readonly measures: Measures;
}

/** @publicApi */
export interface MeasuredBucket {
  /** Start of the bucket in Unix milliseconds. */
  readonly at: number;
  readonly measures: Measures;
}

/** Sums of usage parts. */
type UsageMeasures = Readonly<Record<UsageMeasure, number>>;

/** Measures of a set of calls. Shares and rates are not included: compute them from these values. @publicApi */
export interface Measures extends UsageMeasures {
  readonly calls: number;
  /** Calls with an error type other than `aborted`. */
  readonly failed: number;
  /** Calls that the application aborted, or whose stream it left before the end. */
  readonly aborted: number;
  /** Calls whose last response was cut off by a token limit. */
  readonly truncated: number;
  /** Calls whose response was blocked by a content filter. */
  readonly contentFiltered: number;

  /** USD of all attempts with a known price: a lower bound if `unpricedCalls` or `missingUsageCalls` is not 0. */
  readonly costUsd: number;
  /** Part of `costUsd` that is based on estimated usage. */
  readonly estimatedCostUsd: number;
  /** Calls with a usage. The next three measures count subsets of them. */
  readonly billedCalls: number;
  /** Calls with a known or estimated usage that has no price. */
  readonly unpricedCalls: number;
  /** Calls with a response whose usage is `missing`. */
  readonly missingUsageCalls: number;
  /** Calls with an estimated usage. */
  readonly estimatedUsageCalls: number;

  /** All input tokens, including cached ones. */
  readonly inputTokens: number;
  /** All output tokens, including reasoning. */
  readonly outputTokens: number;

  /** Requests to providers. */
  readonly attempts: number;
  /** Requests that repeat the previous one. */
  readonly retries: number;
  /** Requests that the provider refused because of rate limits. */
  readonly rateLimitedAttempts: number;
  /** Calls in which a request was repeated. */
  readonly retriedCalls: number;
  /** Retried calls that did not fail. */
  readonly recoveredCalls: number;
  /** Milliseconds that retries added to retried calls: the repeated attempts and the waits after them. */
  readonly retryTimeMs: number;
  /** USD of attempts that were repeated, if known. */
  readonly retryCostUsd: number;

  /** Time from the start of a call to its last activity. `null` without `quantiles` or without values. */
  readonly duration: Quantiles | null;
  /** Time from the start of a call to the first content of a stream. `null` without `quantiles` or without values. */
  readonly firstToken: Quantiles | null;
}

/** Measure that can be summed. @publicApi */
export type CountMeasure = Exclude<keyof Measures, 'duration' | 'firstToken'>;

/** Quantiles in milliseconds, each within 1 % of the exact value. @publicApi */
export interface Quantiles {
  /** Number of values. */
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** @publicApi */
export interface ErrorCount {
  /** Error type, as in `llm.error_type`. */
  readonly type: string;
  /** Calls that ended with this error. */
  readonly calls: number;
  /** Requests that ended with this error; a retry may have recovered the call. */
  readonly attempts: number;
}

/**
 * Measures of the retries of requests that ended with one error. A call counts with the error of its last retry, so the
 * values of all errors add up to those of `Measures`.
 *
 * @publicApi
 */
export type RetryCounts = Pick<
  Measures,
  'retries' | 'retriedCalls' | 'recoveredCalls' | 'retryTimeMs' | 'retryCostUsd'
>;

/** @publicApi */
export interface ErrorResult {
  /** As in `MeasureResult`. */
  readonly range: TimeRange;
  readonly bucketMs: number | null;
  /** Sorted by calls, then by attempts, both descending. */
  readonly types: readonly MeasuredError[];
}

/** Measures of one error type. `unknown` includes repeated requests that had not failed. @publicApi */
export interface MeasuredError extends ErrorCount, RetryCounts {
  /** With `bucketMs`: nonempty buckets, oldest first. */
  readonly buckets: readonly ErrorBucket[];
}

/** @publicApi */
export interface ErrorBucket extends Pick<ErrorCount, 'calls' | 'attempts'> {
  /** Start of the bucket in Unix milliseconds. */
  readonly at: number;
}

/** @publicApi */
export interface UnpricedModel {
  readonly provider: string | null;
  readonly model: string | null;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

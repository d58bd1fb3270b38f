import type { UsageMeasure } from '../wire/usage.js';

/** A range of time, `[from, to)`, in Unix milliseconds. @publicApi */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Dimensions of measures. Measures by `route`, `tenant` or `user` have limits: see `MeasureQuery.by`. @publicApi */
export type Dimension = 'feature' | 'operation' | 'provider' | 'model' | 'route' | 'tenant' | 'user';

/**
 * Selects series. Names match exactly, except that a model's name without a version (`gpt-4o-mini`) also matches its
 * versions (`gpt-4o-mini-2024-07-18`). Any name of a list matches; a dimension that is left out is not filtered.
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
 * Selects calls by series, route, tenant and user. Rollups hold series only: measures that are filtered by one of the
 * others are computed from the calls that are kept, of at most 50,000 matching calls.
 *
 * @publicApi
 */
export interface MeasureFilter extends SeriesFilter {
  /** `null`: calls outside of a request. */
  readonly route?: ReadonlyArray<string | null>;
  /** `null`: calls without a tenant. */
  readonly tenant?: ReadonlyArray<string | null>;
  /** `null`: calls without a user. */
  readonly user?: ReadonlyArray<string | null>;
}

/** @publicApi */
export interface RangeQuery {
  /** Widened to whole minutes, and to whole hours or days where that is all that is kept any more. */
  readonly range: TimeRange;
  readonly where?: MeasureFilter;
}

/** @publicApi */
export interface BucketedQuery extends RangeQuery {
  /**
   * Over time: the length of a bucket in milliseconds, a multiple of a minute. Buckets start at multiples of it since
   * 1970, moved by `bucketOffsetMs`. Left out: the range as one.
   */
  readonly bucketMs?: number;
  /** Moves the buckets, for days of a time zone: what its clocks are ahead of UTC. Default 0. */
  readonly bucketOffsetMs?: number;
}

/** @publicApi */
export interface MeasureQuery extends BucketedQuery {
  /**
   * One group for each set of names. Empty or omitted: one group for all.
   *
   * `route` or `tenant` without other dimensions, filters and quantiles is read from rollups of an hour, so the range is
   * widened to whole hours. Every other combination with `route`, `tenant` or `user` is computed from the calls that are
   * kept (`MeasureFilter`).
   */
  readonly by?: readonly Dimension[];
  /**
   * Over time, only the groups that have most of something get buckets; those of all others are added up, in `others`.
   * Left out, or where a store of your own does not look at it: every group has its own.
   */
  readonly top?: { readonly groups: number; readonly by: CountMeasure };
  /**
   * Merges the versions of a model (names that differ only in a date or `latest` at the end) into one group, with merged
   * quantiles. Applies where `by` contains `model`.
   * @defaultValue false
   */
  readonly mergeVersions?: boolean;
  /** Which quantiles are worked out; they cost more than sums do. Default: none. */
  readonly quantiles?: boolean;
}

/** @publicApi */
export interface MeasureResult {
  /** What the figures are of: the range that was asked for, widened. */
  readonly range: TimeRange;
  /** The length of the buckets; longer than asked for where only longer rollups are kept. `null`: none was given. */
  readonly bucketMs: number | null;
  /** The most expensive first, then the one with most calls. Without `by`, always exactly one. */
  readonly groups: readonly MeasuredGroup[];
  /**
   * Where `top` was given: the buckets of all groups that have none of their own, added up, the oldest first. They have no
   * quantiles.
   */
  readonly others?: readonly MeasuredBucket[];
}

/** @publicApi */
export interface MeasuredGroup {
  /** The names of the dimensions that were asked for. `null`: the calls have none. */
  readonly names: Readonly<Partial<Record<Dimension, string | null>>>;
  /** Of the whole range. */
  readonly measures: Measures;
  /** Where `bucketMs` was given: those in which there was anything, the oldest first. None where it is not among the `top`. */
  readonly buckets: readonly MeasuredBucket[];
  /** With `mergeVersions`: the names that were merged into this group, the most expensive first. */
  readonly versions?: readonly ModelVersion[];
}

/** One exact name of a model, with the measures of the whole range. @publicApi */
export interface ModelVersion {
  readonly model: string;
  readonly measures: Measures;
}

/** @publicApi */
export interface MeasuredBucket {
  /** Its start, Unix milliseconds. */
  readonly at: number;
  readonly measures: Measures;
}

/** Sums of usage parts. */
type UsageMeasures = Readonly<Record<UsageMeasure, number>>;

/** The figures of some calls. Shares and rates are for the reader to work out: every number that they need is here. @publicApi */
export interface Measures extends UsageMeasures {
  readonly calls: number;
  /** With an error type other than `aborted`. */
  readonly failed: number;
  /** Aborted by the application, as it saw it. */
  readonly aborted: number;
  /** Whose last answer was cut off by a token limit. */
  readonly truncated: number;
  /** Whose answer was blocked by a content filter. */
  readonly contentFiltered: number;

  /** USD, of all attempts whose price is known: a lower bound where `unpricedCalls` or `missingUsageCalls` is not 0. */
  readonly costUsd: number;
  /** The part of `costUsd` that rests on estimated usage. */
  readonly estimatedCostUsd: number;
  /** Calls that have a usage: of which the next three are parts. */
  readonly billedCalls: number;
  /** Calls with a usage that is known (or estimated) and has no price. */
  readonly unpricedCalls: number;
  /** Calls with an answer whose usage is not known. */
  readonly missingUsageCalls: number;
  /** Calls with a usage that is an estimate. */
  readonly estimatedUsageCalls: number;

  /** All input, cached included. */
  readonly inputTokens: number;
  /** All output, reasoning included. */
  readonly outputTokens: number;

  /** Requests to providers. */
  readonly attempts: number;
  /** Requests that repeat the one before. */
  readonly retries: number;
  /** Requests that the provider refused for its rate limits. */
  readonly rateLimitedAttempts: number;
  /** Calls in which a request was repeated. */
  readonly retriedCalls: number;
  /** Those of them that did not fail. */
  readonly recoveredCalls: number;
  /** What retries added to those calls: the attempts that were repeated, and the waits after them. */
  readonly retryTimeMs: number;
  /** USD that was paid for attempts that were repeated, where it is known. */
  readonly retryCostUsd: number;

  /** From the start of a call to its last activity. `null` where `quantiles` was not asked for or there are none. */
  readonly duration: Quantiles | null;
  /** From the start of a call to the first content of a stream. `null` as above. */
  readonly firstToken: Quantiles | null;
}

/** A figure that can be added up. @publicApi */
export type CountMeasure = Exclude<keyof Measures, 'duration' | 'firstToken'>;

/** Milliseconds, each within 1 % of the true one. @publicApi */
export interface Quantiles {
  /** How many values they are of. */
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** @publicApi */
export interface ErrorCount {
  /** As in `llm.error_type`. */
  readonly type: string;
  /** Calls that ended so. */
  readonly calls: number;
  /** Requests that ended so; a retry may have saved the call. */
  readonly attempts: number;
}

/**
 * What repeating requests did that had ended in one error. A call counts with the error of its last retry, so that all
 * errors add up to the same figures of `Measures`.
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
  /** The most frequent first: by calls, then by attempts. */
  readonly types: readonly MeasuredError[];
}

/** One error type. `unknown` is also that of requests that were repeated and had not failed. @publicApi */
export interface MeasuredError extends ErrorCount, RetryCounts {
  /** Where `bucketMs` was given: those in which there was anything, the oldest first. */
  readonly buckets: readonly ErrorBucket[];
}

/** @publicApi */
export interface ErrorBucket extends Pick<ErrorCount, 'calls' | 'attempts'> {
  /** Its start, Unix milliseconds. */
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

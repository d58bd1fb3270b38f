import type { UsageMeasure } from '../wire/usage.js';
import type {
  HISTOGRAM_TABLE,
  HistogramMeasure,
  QuantileName,
  RetrySum,
  TableMeasures,
} from './measure-table.js';

/** Time range `[from, to)` in Unix milliseconds. @publicApi */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Dimensions of series. */
export const SERIES_DIMENSIONS = ['feature', 'operation', 'provider', 'model'] as const;

/** Dimensions of the program that made a call. All rollups have them. */
export const ORIGIN_DIMENSIONS = ['service', 'version', 'environment'] as const;

/** Dimensions that rollups do not have, except that some are by route or tenant alone. */
export const CALL_DIMENSIONS = ['route', 'tenant', 'user', 'instance'] as const;

export const DIMENSIONS = [...SERIES_DIMENSIONS, ...ORIGIN_DIMENSIONS, ...CALL_DIMENSIONS] as const;

/** Dimensions of rollups. */
export type RollupDimension =
  (typeof SERIES_DIMENSIONS)[number] | (typeof ORIGIN_DIMENSIONS)[number] | 'route' | 'tenant';

/**
 * Dimensions of measures. Measures by `route`, `tenant`, `user` or `instance` have limits: see `MeasureQuery.by`.
 *
 * @publicApi
 */
export type Dimension = (typeof DIMENSIONS)[number];

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
  /** The program that made the calls. `null`: unknown, as for all calls of version 0.1.0. */
  readonly service?: ReadonlyArray<string | null>;
  readonly version?: ReadonlyArray<string | null>;
  readonly environment?: ReadonlyArray<string | null>;
}

/**
 * Selects calls by series, route, tenant, user and instance. Rollups hold only series: measures filtered by route, tenant,
 * user or instance are computed from the kept calls, from at most 50,000 matching calls.
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
  /** Names of processes. `null`: unknown, as for all calls of version 0.1.0. */
  readonly instance?: ReadonlyArray<string | null>;
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
   * `route` or `tenant` without other dimensions and quantiles, and without filters other than those of the program, is read
   * from hourly rollups, so the range is widened to whole hours. Every other combination with `route`, `tenant`, `user` or
   * `instance` is computed from the kept calls (`MeasureFilter`).
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
  /** Sorted by cost, then by calls, both descending, then by names. Without `by`, always exactly one group. */
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

/** Sums of usage parts: `inputTokens` includes cached tokens, `outputTokens` includes reasoning. */
type UsageMeasures = Readonly<Record<UsageMeasure, number>>;

/** Quantiles of histograms. */
type HistogramMeasures = { readonly [Name in keyof typeof HISTOGRAM_TABLE]: Quantiles | null };

/** Measures of a set of calls. Shares and rates are not included: compute them from these values. @publicApi */
export interface Measures extends TableMeasures, UsageMeasures, HistogramMeasures {}

/** Measure that can be summed. @publicApi */
export type CountMeasure = Exclude<keyof Measures, HistogramMeasure>;

/** Quantiles in milliseconds, each within 1 % of the exact value. @publicApi */
export interface Quantiles extends Readonly<Record<QuantileName, number>> {
  /** Number of values. */
  readonly count: number;
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
export type RetryCounts = Pick<Measures, RetrySum>;

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

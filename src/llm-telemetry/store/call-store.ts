import { hasErrorCode } from '../runtime/error-class.js';
import type { CallRecord } from '../calls/record.js';
import type { CallPage, CallQuery, StoredCall } from './calls.js';
import type {
  BucketedQuery,
  ErrorResult,
  MeasureQuery,
  MeasureResult,
  RangeQuery,
  UnpricedModel,
} from './measures.js';
import type { StoreStatus } from './store-status.js';

/** Injection token of the application's `CallStore`, or `null` if the store is switched off. */
export const CALL_STORE = Symbol.for('nestjs-llm-telemetry.store.v1');

/**
 * Stores calls and answers queries about them. An application can pass its own implementation in the option `store`.
 *
 * A store must not block the application: `record` returns at once and never throws. Calls that could not be stored are
 * counted in `status()`.
 *
 * Terms:
 *
 * - **call**: a `CallRecord` with its attempts and receipts, kept until retention deletes it.
 * - **rollup**: sums and histograms of all calls of a series that ended in one minute, hour or day. Rollups are kept longer
 *   than calls. Measures are read from rollups, lists from calls.
 * - **series**: one feature × operation × provider × model. Properties of the whole call (duration, outcome) count in the
 *   series of the record; tokens and cost of an attempt count in the series of its model, as in the metrics.
 * - **measure**: an aggregated number over calls: count, sum or quantile.
 * - **time**: a call belongs to the time at which it *ended*, so that results for the past do not change.
 * - **range**: `[from, to)` in Unix milliseconds.
 *
 * @publicApi
 */
export interface CallStore {
  /** Adds a call that has ended. Never blocks or throws. */
  record(record: CallRecord): void;

  /** Resolves when all calls recorded so far can be read. Never rejects. */
  flush(): Promise<void>;

  /** Writes queued calls within a bounded time, then closes files and threads. Never rejects. */
  close(): Promise<void>;

  /** Returns where calls are stored, how many, dropped calls and problems. Never rejects. */
  status(): Promise<StoreStatus>;

  /** Returns measures of a range, optionally by dimensions and over time. Includes the current minute. */
  measure(query: MeasureQuery): Promise<MeasureResult>;

  /** Returns errors of calls and attempts by type with their retries, optionally over time. */
  errors(query: BucketedQuery): Promise<ErrorResult>;

  /** Returns models with known usage and unknown price, the most used first. */
  unpriced(query: RangeQuery): Promise<readonly UnpricedModel[]>;

  /** Returns a page of calls. */
  calls(query: CallQuery): Promise<CallPage>;

  /** Returns a call with its attempts and its neighbors in time; `null` if it does not exist or was deleted. */
  call(id: number): Promise<StoredCall | null>;
}

/** Thrown for an invalid query. The message explains what is wrong and can be shown to the caller. @publicApi */
export class StoreQueryError extends Error {
  /** Also matches errors of other copies of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasErrorCode(this, StoreQueryError, 'LLM_TELEMETRY_INVALID_QUERY', value);
  }

  override readonly name = 'StoreQueryError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_INVALID_QUERY';
}

/** Thrown if the store cannot answer: it is switched off or closed, or its worker failed. @publicApi */
export class StoreUnavailableError extends Error {
  /** Also matches errors of other copies of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasErrorCode(this, StoreUnavailableError, 'LLM_TELEMETRY_STORE_UNAVAILABLE', value);
  }

  override readonly name = 'StoreUnavailableError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_STORE_UNAVAILABLE';
}

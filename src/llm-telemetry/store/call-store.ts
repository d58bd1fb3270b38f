import type { BatchMemory } from '../calls/batches/batch-memory.js';
import type { RecordSink } from '../calls/ports.js';
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

/** Injection token of the application's `CallStore`, or `null` if the store is switched off. */
export const CALL_STORE = Symbol.for('nestjs-llm-telemetry.store.v1');

/**
 * Stores calls and runs queries about them. An application can pass its own implementation in the option `store`.
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

  /**
   * Remembers batches, so that their items are recorded once. Without it, batches are remembered in the process, until it
   * ends.
   */
  readonly batches?: BatchMemory;

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

/** Thrown if the store cannot respond: it is switched off or closed, or its worker failed. @publicApi */
export class StoreUnavailableError extends Error {
  /** Also matches errors of other copies of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasErrorCode(this, StoreUnavailableError, 'LLM_TELEMETRY_STORE_UNAVAILABLE', value);
  }

  override readonly name = 'StoreUnavailableError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_STORE_UNAVAILABLE';
}

/** Why the store cannot use its file or worker. @publicApi */
export type StoreTrouble =
  | 'read_only'
  | 'full'
  | 'locked'
  | 'corrupt'
  | 'newer_version'
  | 'not_a_store'
  | 'io_error'
  /** Several consecutive batches could not be written for another reason. */
  | 'write_failed'
  | 'worker_failed'
  /** The package was bundled without its worker: calls are kept in memory. */
  | 'worker_missing';

/** Why a call was not stored. @publicApi */
export type DropReason =
  /** The write-behind queue was full. */
  | 'queue_full'
  /** The worker failed before it wrote the call. */
  | 'worker_failed'
  /** The call could not be written, or was in memory and the file did not become usable in time. */
  | 'write_failed'
  /** The store was already closed. */
  | 'closed';

/** Status of a store. @publicApi */
export interface StoreStatus {
  /** Where calls are currently stored. `off`: nowhere. */
  readonly mode: 'file' | 'memory' | 'off';
  /** Absolute path of the configured file; `null` if memory is configured. */
  readonly path: string | null;
  /** `null` if the store works as configured. */
  readonly trouble: {
    readonly reason: StoreTrouble;
    /** Explanation for the log and the dashboard. */
    readonly message: string;
    /** Start of the problem, Unix milliseconds. */
    readonly since: number;
  } | null;
  /** Calls written since this process started. */
  readonly written: number;
  /** Calls in the write-behind queue. */
  readonly waiting: number;
  /** Calls not stored since this process started, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Stored calls of all processes. */
  readonly kept: number;
  /** End of the oldest and of the newest stored call, Unix milliseconds; `null` if there are none. */
  readonly oldest: number | null;
  readonly newest: number | null;
  /**
   * End of the first call that measures include, Unix milliseconds: the start of its rollup once the call itself is
   * deleted. `null` if there are no calls. Omitted by stores that do not know it.
   */
  readonly firstCallAt?: number | null;
  /** Bytes in use in the file or in memory. */
  readonly bytes: number;
}

/** Adds the records of ended calls to the store. */
export class StoreSink implements RecordSink {
  constructor(private readonly store: CallStore) {}

  record(record: CallRecord): void {
    this.store.record(record);
  }

  /** A store that remembers no batches cannot have replaced their sum. */
  replace(record: CallRecord): void {
    if (this.store.batches) this.store.record(record);
  }
}

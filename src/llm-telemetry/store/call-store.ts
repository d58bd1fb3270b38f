import type { BatchMemory } from '../calls/batches/batch-memory.js';
import type { RecordSink } from '../calls/ports.js';
import { hasErrorCode } from '../runtime/error-class.js';
import type { CallRecord } from '../calls/record.js';
import type { CallOrigin } from './call-origin.js';
import type { FleetCoordination } from './fleet.js';
import type { CallPage, CallQuery, RecordPage, StoredCall } from './calls.js';
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
  /**
   * Who shares the calls, and so how much measures, alerts and budgets know: this process, and nothing after it ends; all
   * processes of one machine, also after a restart; all instances of a service.
   */
  readonly remembers: 'process' | 'machine' | 'fleet';

  /** Adds a call that has ended. Never blocks or throws. */
  record(record: CallRecord): void;

  /**
   * Resolves when all calls recorded so far can be read, or are safe on this machine because the database does not respond.
   * Never rejects.
   */
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

  /** Returns a page of complete records, in the order of `calls`. */
  records(query: CallQuery): Promise<RecordPage>;

  /**
   * Remembers batches, so that their items are recorded once. Without it, batches are remembered in the process, until it
   * ends.
   */
  readonly batches?: BatchMemory;

  /** Coordinates the instances that share the store. Without it, each instance notifies alerts by itself. */
  readonly fleet?: FleetCoordination;

  /** Returns a call with its attempts and its neighbors in time; `null` if it does not exist or was deleted. */
  call(id: string): Promise<StoredCall | null>;
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

/** Why the store cannot use its file, database or worker. @publicApi */
export type StoreTrouble =
  | 'read_only'
  | 'full'
  | 'locked'
  | 'corrupt'
  | 'newer_version'
  | 'not_a_store'
  | 'io_error'
  /** The database cannot be reached: it is down, or the network is. */
  | 'unreachable'
  /** The database refused the login. */
  | 'refused'
  /** The user of the database lacks a permission. */
  | 'forbidden'
  /** The database did not respond in time. */
  | 'timeout'
  | 'too_many_connections'
  /** The layout of the database must be migrated by hand. */
  | 'older_version'
  /** Several consecutive batches could not be written for another reason. */
  | 'write_failed'
  | 'worker_failed'
  /** The package was bundled without its worker: calls are kept in memory. */
  | 'worker_missing';

/** Why a call was not stored. @publicApi */
export type DropReason =
  /** The write-behind queue, or the outbox of a shared store, was full. */
  | 'queue_full'
  /** The worker failed before it wrote the call. */
  | 'worker_failed'
  /** The call could not be written, or was in memory and the file or database did not become usable in time. */
  | 'write_failed'
  /** The store was already closed. */
  | 'closed';

/** Status of a store. @publicApi */
export interface StoreStatus {
  /** `sqlite`, `postgres`, `clickhouse`, or the name of a custom store. */
  readonly kind: string;
  /**
   * What is configured: the absolute path of a file, or host and name of a database, without user and password. `null`:
   * memory.
   */
  readonly where: string | null;
  /**
   * Where new calls are: `stored` in the file or database; `buffered` on this machine until the database responds again;
   * in `memory` only; `off`: nowhere.
   */
  readonly state: 'stored' | 'buffered' | 'memory' | 'off';
  /** `null` if the store works as configured. */
  readonly trouble: {
    readonly reason: StoreTrouble;
    /** Explanation for the log and the dashboard. */
    readonly message: string;
    /** Start of the problem, Unix milliseconds. */
    readonly since: number;
  } | null;
  /** Calls written since this process started, with those that it delivered for processes that ended. */
  readonly written: number;
  /**
   * Calls that are not in the file or database yet: of this process, and of processes that ended before they delivered
   * them, if this one has adopted them.
   */
  readonly waiting: number;
  /** Since when the oldest of them waits, Unix milliseconds; `null` if none does. */
  readonly waitingSince: number | null;
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
  /** Bytes in use in the file, the database or in memory. */
  readonly bytes: number;
  /** Processes that share the calls, the latest start first. Omitted by stores that do not know it. */
  readonly instances?: readonly StoreInstance[];
  /**
   * Names of running processes of the same service that store their calls separately, as far as the store can tell: SQLite
   * sees other files in the folder of its file. Omitted by stores that do not look.
   */
  readonly separateInstances?: readonly string[];
}

/** A process that adds calls to a store. @publicApi */
export interface StoreInstance extends CallOrigin {
  /** UUID of the process. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Last sign of life, Unix milliseconds; every 15 s. */
  readonly seenAt: number;
  /** Calls that it has not delivered to the store yet. */
  readonly waiting: number;
  /** Since when the oldest of them waits, Unix milliseconds; `null` if none does. */
  readonly waitingSince: number | null;
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

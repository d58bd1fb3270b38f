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

/** The token of the application's store of calls: a `CallStore`, or `null` where it has switched that off. */
export const CALL_STORE = Symbol.for('nestjs-llm-telemetry.store.v1');

/**
 * Remembers calls, and answers questions about them.
 *
 * The words of this folder:
 *
 * - **call**: a `CallRecord` that is kept, with its attempts and receipts, until it is too old or there are too many.
 * - **rollup**: the sums and histograms of all calls that ended in one minute, hour or day, kept for longer. Figures are
 *   read from rollups, lists of calls from calls.
 * - **series**: one feature × operation × provider × model; what a rollup is kept for. What a call is as a whole (its
 *   duration, its outcome) counts in the series of the record; what its attempts took (tokens, cost) counts in the series
 *   of the model that took it, as in the metrics: of two models in one call, each has its own bill.
 * - **measures**: the figures of some calls: counts, sums, quantiles.
 * - **time**: a call belongs to the moment in which it *ended*, so that what has been read does not change later.
 * - **range**: `[from, to)` in Unix milliseconds.
 *
 * An application may give a store of its own in the option `store`. Nothing here may hold up the application: `record`
 * returns at once and never throws for want of room or of a disk; what could not be kept is counted in `status()`.
 *
 * @publicApi
 */
export interface CallStore {
  /** Takes a call that has ended. Never waits. */
  record(record: CallRecord): void;

  /** Resolves when all that was recorded until now can be read. Never rejects. */
  flush(): Promise<void>;

  /** Writes what waits, for a bounded time, and lets go of all files and threads. Never rejects. */
  close(): Promise<void>;

  /** Where calls are kept, how many, what was dropped, and what is wrong. Never rejects. */
  status(): Promise<StoreStatus>;

  /** Figures of a range: of all its calls or by some dimensions, as one or over time. The running minute is in it. */
  measure(query: MeasureQuery): Promise<MeasureResult>;

  /** How calls and attempts failed, and what repeating those did: as one or over time. */
  errors(query: BucketedQuery): Promise<ErrorResult>;

  /** Models whose usage is known and whose price is not, the most used first. */
  unpriced(query: RangeQuery): Promise<readonly UnpricedModel[]>;

  /** A page of calls. */
  calls(query: CallQuery): Promise<CallPage>;

  /** One call with its attempts and its neighbours in time; `null` where there is none (any more). */
  call(id: number): Promise<StoredCall | null>;
}

/** A query that cannot be answered as it was asked. Its message is for the one who asked. @publicApi */
export class StoreQueryError extends Error {
  override readonly name = 'StoreQueryError';
}

/** The store cannot answer now: it is switched off, closed, or its thread has failed. @publicApi */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

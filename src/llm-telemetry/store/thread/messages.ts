import type { StoreStatus } from '../call-store.js';
import type { StoreQueries } from '../core/queries.js';
import type { DatabaseSettings } from '../sqlite/fallback-database.js';

/** Settings that the worker thread is started with. */
export interface WorkerSettings extends DatabaseSettings {
  /** Shared with the application's thread, which reads it without an event loop when the process exits. */
  readonly sharedCounters: Int32Array;
}

/** Index in `sharedCounters`: the number of calls that were written or dropped. */
export const HANDLED_CALLS = 0;
/** Index in `sharedCounters`: 0 until the store is closed, then 1 plus the number of calls that were lost. */
export const LOST_ON_CLOSE = 1;

/** Returns milliseconds of the clock that all threads of the process share. It never jumps. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Queries of the application's thread. */
export interface WorkerQueries extends StoreQueries {
  /** Resolves when the calls that were posted before it can be read. */
  flush: [null, null];
}

export type WorkerQueryName = keyof WorkerQueries;

/** A message to the worker. */
export type WorkerRequest =
  /** Encoded records, one per line. */
  | { readonly type: 'write'; readonly lines: string }
  | {
      readonly type: 'query';
      readonly id: number;
      readonly name: WorkerQueryName;
      readonly parameters: unknown;
      /** Time of `monotonicMs` after which nobody waits for the response. */
      readonly expiresAt: number;
    }
  | { readonly type: 'close' };

/** A message from the worker: the response to a query, or an event. */
export type WorkerMessage = WorkerResponse | WorkerEvent;

export type WorkerResponse =
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  /** `isQueryError`: the query is invalid. Otherwise the store failed. */
  | { readonly type: 'error'; readonly id: number; readonly message: string; readonly isQueryError: boolean };

export type WorkerEvent =
  | {
      readonly type: 'batch_handled';
      readonly written: number;
      readonly dropped: number;
      readonly characters: number;
    }
  /** A message for the application's log. */
  | { readonly type: 'warning'; readonly message: string }
  /** Calls were deleted from memory, because it was full while the file could not be used. */
  | { readonly type: 'calls_lost'; readonly calls: number }
  | {
      readonly type: 'state';
      readonly state: Exclude<StoreStatus['state'], 'off'>;
      readonly trouble: StoreStatus['trouble'];
    };

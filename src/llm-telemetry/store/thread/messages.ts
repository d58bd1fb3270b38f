import type { StoreStatus } from '../call-store.js';
import type { StoreQueries } from '../core/queries.js';
import type { DatabaseSettings } from '../sqlite/fallback-database.js';
import type { Handled, OutboxStatus } from './engine.js';
import type { SharedSettings } from './shared-settings.js';

/** Settings of SQLite or of a shared database. */
export type EngineSettings = DatabaseSettings | SharedSettings;

/** Settings that the worker thread is started with. */
export type WorkerSettings = EngineSettings & {
  /** Shared with the application's thread, which reads it without an event loop when the process exits. */
  readonly sharedCounters: Int32Array;
};

/** Index in `sharedCounters`: the number of calls that were written, buffered or dropped. */
export const HANDLED_CALLS = 0;
/** Index in `sharedCounters`: 0 until the store is closed, then 1 plus the number of calls that were lost. */
export const LOST_ON_CLOSE = 1;

/** Returns milliseconds of the clock that all threads of the process share. It never jumps. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Queries of the application's thread. */
export interface WorkerQueries extends StoreQueries {
  /** Resolves when the calls that were posted before it can be read, or are safe because the database does not respond. */
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
  /** The response to `secret_requested`; `null`: the function of the application failed. */
  | { readonly type: 'secret'; readonly id: number; readonly secret: string | null }
  | { readonly type: 'close' };

/** A message from the worker: the response to a query, or an event. */
export type WorkerMessage = WorkerResponse | WorkerEvent;

export type WorkerResponse =
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  /** `isQueryError`: the query is invalid. Otherwise the store failed. */
  | { readonly type: 'error'; readonly id: number; readonly message: string; readonly isQueryError: boolean };

export type WorkerEvent =
  | ({ readonly type: 'batch_handled'; readonly characters: number } & Handled)
  | ({ readonly type: 'outbox' } & OutboxStatus)
  /** A message for the application's log. */
  | { readonly type: 'warning'; readonly message: string }
  /** Calls were deleted from memory, because it was full while the file could not be used. */
  | { readonly type: 'calls_lost'; readonly calls: number }
  | { readonly type: 'secret_requested'; readonly id: number }
  | {
      readonly type: 'state';
      readonly state: Exclude<StoreStatus['state'], 'off'>;
      readonly trouble: StoreStatus['trouble'];
    };

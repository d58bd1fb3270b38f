import type { StoreStatus } from '../call-store.js';
import type { QueryName, StoreQueries } from '../core/queries.js';

/** Stores calls in the worker thread. Methods never throw unless they say so. */
export interface Engine {
  /** Takes encoded records. */
  write(texts: readonly string[]): Handled;
  /**
   * @param expiresAt - time of `monotonicMs` after which the caller has given up
   * @throws StoreQueryError, or another error if the store cannot answer
   */
  query<Name extends QueryName>(
    name: Name,
    parameters: StoreQueries[Name][0],
    expiresAt: number,
  ): Promise<StoreQueries[Name][1]>;
  /** Resolves when the calls that were taken can be read, or are safe on this machine. */
  flush(): Promise<void>;
  /** Returns the number of calls that are lost, because they were in memory only. */
  close(): number | Promise<number>;
}

/** What became of calls: their sum is the number of calls. */
export interface Handled {
  readonly written: number;
  /** Calls that wait in the outbox. */
  readonly buffered: number;
  /** Calls that cannot be written. */
  readonly dropped: number;
  /** Calls that the outbox has no space for. */
  readonly overflowed: number;
}

/** Calls that were buffered. */
export interface OutboxStatus {
  /** Calls that were delivered, and calls that could not be, since the last event. */
  readonly written: number;
  readonly dropped: number;
  readonly waiting: number;
  /** Since when the oldest of them waits, Unix milliseconds; `null` if none does. */
  readonly waitingSince: number | null;
  /** `false`: they are lost if the worker ends. */
  readonly isDurable: boolean;
}

/** Receives the events of an engine. */
export interface EngineListener {
  stateChanged(state: Exclude<StoreStatus['state'], 'off'>, trouble: StoreStatus['trouble']): void;
  /** A message for the application's log. */
  warningRaised(message: string): void;
  /** Calls that counted as written were deleted from memory. */
  callsLost(calls: number): void;
  outboxChanged(status: OutboxStatus): void;
}

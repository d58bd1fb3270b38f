import type { Call } from '../call.js';

/** How often and how long the decorator's `retry` tries again. @publicApi */
export interface RetryPolicy {
  /** Runs after the first one. */
  readonly maxRetries: number;
  /**
   * The longest wait before a run, in milliseconds. Where the provider asks for a longer one, the error is thrown at
   * once. Default 30,000.
   */
  readonly maxDelayMs?: number | undefined;
}

/** One run of a method: its call, where there is one, and what the method gave back. */
export interface CallRun {
  readonly call: Call | null;
  readonly result: unknown;
}

/** How a method is run again. */
export interface Again {
  readonly policy: RetryPolicy;
  /** Starts run `run`, from 1. Throws what the method throws. */
  start(run: number): CallRun;
}

/** One run of a method that returned an object whose work is still to be done. None of its functions throws. */
export interface WatchedRun {
  readonly call: Call;
  /** How to run the method again, if the decorator's `retry` asks for it. */
  readonly again: Again | null;
  /** The work has ended with a result. */
  done(result: unknown): void;
  /** The work has failed. Returns the error that the consumer gets: if a budget refused the request, the budget's. */
  failed(error: unknown): unknown;
}

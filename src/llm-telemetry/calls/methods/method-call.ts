import type { Call } from '../call.js';

/** Limits of the decorator's `retry`. @publicApi */
export interface RetryPolicy {
  /** Maximum number of retries. */
  readonly maxRetries: number;
  /**
   * Maximum wait before a retry, in milliseconds. If the provider asks for more, the error is thrown immediately.
   * @defaultValue 30000
   */
  readonly maxDelayMs?: number | undefined;
}

/** Call and result of one execution of a method. `call` is `null` if telemetry could not start it. */
export interface MethodCall {
  readonly call: Call | null;
  readonly result: unknown;
}

/** Retries a method. */
export interface Retrier {
  readonly policy: RetryPolicy;
  /** Starts the retry with this index, from 1. Throws the errors of the method. */
  start(retryIndex: number): MethodCall;
}

/** A call whose method returned a lazy result. No function throws. */
export interface WatchedCall {
  readonly call: Call;
  /** `null` without the decorator's `retry`. */
  readonly retrier: Retrier | null;
  /** Called when the work has ended with a result. */
  done(result: unknown): void;
  /** Called when the work has failed. Returns the error for the consumer: the budget's if it refused the request. */
  failed(error: unknown): unknown;
}

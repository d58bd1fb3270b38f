import { defer, lastValueFrom, retry, throwError, timer } from 'rxjs';
import type { LlmErrorType } from './error-type.js';
import { failureOf } from './failure-of-error.js';
import type { CallRun } from './run-call.js';

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

/**
 * What may be gone on the next try. The rest (a wrong key, an exhausted quota, a prompt that is too long, an answer that
 * the filter blocked) would fail again and cost again.
 */
const WORTH_RETRYING: ReadonlySet<LlmErrorType> = new Set([
  'rate_limit',
  'overloaded',
  'server_error',
  'timeout',
  'connection',
  'stream_cut',
  'empty_response',
  'parse',
]);

const DEFAULT_MAX_DELAY_MS = 30_000;
const BASE_DELAY_MS = 500;

/**
 * How long to wait before run `run` (from 1) after `error`, in milliseconds; `null`: not worth it. As the provider
 * asks, else exponential backoff with full jitter over its upper half.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  error: unknown,
  run: number,
  random = Math.random,
): number | null {
  const { type, retryAfterMs } = failureOf(error);
  if (run > policy.maxRetries || !WORTH_RETRYING.has(type)) return null;
  const longest = policy.maxDelayMs ?? DEFAULT_MAX_DELAY_MS;
  if (retryAfterMs !== null) return retryAfterMs <= longest ? retryAfterMs : null;
  const backoff = Math.min(BASE_DELAY_MS * 2 ** (run - 1), longest);
  return backoff * (0.5 + random() / 2);
}

/** Runs a method that returns a promise again while that is worth it. `first` has been started already. */
export function retryPromise(
  policy: RetryPolicy,
  first: CallRun,
  again: (run: number) => CallRun,
): Promise<unknown> {
  let run = 0;
  return settleLast(
    policy,
    () => (run === 0 ? first.result : again(run).result) as Promise<unknown>,
    () => ++run,
  );
}

/**
 * Runs an async generator method again while it has not given its first value: after that a new run would repeat what
 * the consumer has seen. The consumer keeps the first run's object; its steps are those of the latest run.
 */
export function retryAsyncGenerator(
  policy: RetryPolicy,
  first: CallRun,
  again: (run: number) => CallRun,
): AsyncGenerator {
  const outer = first.result as AsyncGenerator;
  const steps = {
    next: outer.next.bind(outer),
    return: outer.return.bind(outer),
    throw: outer.throw.bind(outer),
  };
  let current: Pick<AsyncGenerator, 'next' | 'return' | 'throw'> = steps;
  let run = 0;
  let started: Promise<unknown> | null = null;
  const start = (args: [] | [unknown]): Promise<IteratorResult<unknown>> =>
    settleLast(
      policy,
      () => {
        if (run > 0) current = again(run).result as AsyncGenerator;
        return current.next(...args);
      },
      () => ++run,
    ) as Promise<IteratorResult<unknown>>;
  const define = (name: string, value: unknown): void =>
    void Object.defineProperty(outer, name, { value, configurable: true, writable: true, enumerable: false });
  define('next', (...args: [] | [unknown]) => {
    if (started === null) {
      const result = start(args);
      started = result.catch(() => undefined);
      return result;
    }
    // Further steps asked for before the first is done wait for it, as they would inside the generator.
    return started.then(() => current.next(...args));
  });
  define('return', (value: unknown) => (started ?? Promise.resolve()).then(() => current.return(value)));
  define('throw', (error: unknown) => (started ?? Promise.resolve()).then(() => current.throw(error)));
  return outer;
}

/** Runs `work` until it succeeds or is not worth another run; RxJS does the waiting. */
function settleLast(
  policy: RetryPolicy,
  work: () => Promise<unknown>,
  nextRun: () => number,
): Promise<unknown> {
  return lastValueFrom(
    defer(work).pipe(
      retry({
        count: policy.maxRetries,
        delay: (error: unknown) => {
          const delayMs = retryDelayMs(policy, error, nextRun());
          return delayMs === null ? throwError(() => error) : timer(delayMs);
        },
      }),
    ),
  );
}

import { defer, from, retry, tap, throwError, timer, type Observable } from 'rxjs';
import type { LlmErrorType } from '../error-type.js';
import { failureOf } from '../failure-of-error.js';
import type { Retrier, MethodCall, RetryPolicy } from './method-call.js';
import type { FirstStep, Retried, Watch } from './watch.js';

/**
 * Transient errors. Others (an invalid key, an exhausted quota, a prompt that is too long, a filtered response) would fail
 * and cost again.
 */
const RETRYABLE: ReadonlySet<LlmErrorType> = new Set([
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
 * Returns the wait before the retry with this index (from 1), in milliseconds; `null` if `error` is not retried. Uses the
 * provider's `retry-after`, else exponential backoff with jitter over its upper half.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  error: unknown,
  retryIndex: number,
  random = Math.random,
): number | null {
  const { type, retryAfterMs } = failureOf(error);
  // Not `retryIndex > maxRetries`: that is never true for NaN, and the method would be retried without end.
  if (!(retryIndex <= policy.maxRetries) || !RETRYABLE.has(type)) return null;
  const maxDelayMs = policy.maxDelayMs! >= 0 ? policy.maxDelayMs! : DEFAULT_MAX_DELAY_MS;
  if (retryAfterMs !== null) return retryAfterMs <= maxDelayMs ? retryAfterMs : null;
  const backoff = Math.min(BASE_DELAY_MS * 2 ** (retryIndex - 1), maxDelayMs);
  return backoff * (0.5 + random() / 2);
}

/** Retries a method that returns a promise. `first` is already started. */
export function retryPromise(retrier: Retrier, first: MethodCall): Promise<unknown> {
  let retryIndex = 0;
  return retryUntilSettled(
    retrier.policy,
    () => (retryIndex === 0 ? first.result : retrier.start(retryIndex).result) as Promise<unknown>,
    () => ++retryIndex,
  );
}

/**
 * Retries a method that returns a lazy promise. The consumer keeps the first object; its methods are served by the latest
 * one.
 */
export class RetriedPromise implements Retried {
  private retryIndex = 0;
  /** Result of the latest retry; `undefined` while that is the object itself. */
  private current: unknown = undefined;
  private readonly results = new Map<string, Promise<unknown>>();

  constructor(
    private readonly retrier: Retrier,
    private readonly promise: object,
    private readonly watch: Watch,
  ) {
    watch.keepHooks = true;
  }

  step(name: string, args: unknown[], first: FirstStep): unknown {
    if (name === 'asResponse') return this.result(name, first);
    const value = this.result('then', first);
    if (name === 'withResponse')
      // It calls `then` itself, so it must be called on the object of a call that succeeded.
      return value.then(() => this.invoke(name, first));
    const method = value[name as 'then'] as (...args: unknown[]) => unknown;
    return method.apply(value, args);
  }

  /** Returns the result of a method of the promise, shared by all consumers. */
  private result(name: string, first: FirstStep): Promise<unknown> {
    const known = this.results.get(name);
    if (known) return known;
    let started = false;
    const work = (): Promise<unknown> => {
      if (started) {
        const { result } = this.retrier.start(this.retryIndex);
        // A method can return the same promise each time.
        this.current = result === this.promise ? undefined : result;
      }
      started = true;
      return this.invoke(name, first);
    };
    const result = retryUntilSettled(this.retrier.policy, work, () => ++this.retryIndex).finally(() => {
      // After a retry, the first object can only reject, so its hooks stay.
      if (this.current !== undefined) return;
      this.watch.keepHooks = false;
      if (this.watch.idle) this.watch.release();
    });
    this.results.set(name, result);
    return result;
  }

  private invoke(name: string, first: FirstStep): Promise<unknown> {
    const { current } = this;
    if (name === 'then')
      return current === undefined
        ? new Promise((resolve, reject) => void first('then', [resolve, reject]))
        : Promise.resolve(current);
    return current === undefined
      ? (first(name, []) as Promise<unknown>)
      : (current as Record<string, () => Promise<unknown>>)[name]!();
  }
}

/**
 * Retries a method that returns an async generator until the first value: a later retry would repeat values that the
 * consumer has seen. The consumer keeps the first object; its steps are delegated to the latest one.
 */
export class RetriedGenerator implements Retried {
  private retryIndex = 0;
  private current: AsyncGenerator | null = null;
  private started: Promise<unknown> | null = null;

  constructor(
    private readonly retrier: Retrier,
    private readonly generator: AsyncGenerator,
    private readonly watch: Watch,
  ) {
    watch.keepHooks = true;
  }

  step(name: string, args: unknown[], first: FirstStep): unknown {
    const take = (): Promise<IteratorResult<unknown>> => {
      const { current } = this;
      const step = current
        ? (current[name as 'next'] as (...args: unknown[]) => Promise<IteratorResult<unknown>>)
        : null;
      return (step ? step.apply(current, args) : first(name, args)) as Promise<IteratorResult<unknown>>;
    };
    // Steps that are requested before the first one is done wait for it, as in the generator itself.
    const step =
      this.started === null && name === 'next'
        ? this.start(take)
        : (this.started ?? Promise.resolve()).then(take);
    const result = step.then(
      (result) => {
        if (result.done) this.over();
        return result;
      },
      (error: unknown) => {
        this.over();
        throw error;
      },
    );
    this.started ??= step.then(NOTHING, NOTHING);
    return result;
  }

  private start(take: () => Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    const work = (): Promise<unknown> => {
      if (this.retryIndex > 0) {
        const { result } = this.retrier.start(this.retryIndex);
        this.current = result === this.generator ? null : (result as AsyncGenerator);
      }
      return take();
    };
    return retryUntilSettled(this.retrier.policy, work, () => ++this.retryIndex) as Promise<
      IteratorResult<unknown>
    >;
  }

  private over(): void {
    this.watch.keepHooks = false;
    this.watch.release();
  }
}

const NOTHING = (): void => {};

/** Retries a method that returns an Observable until its first value. */
export function retryObservable(retrier: Retrier, first: Observable<unknown>): Observable<unknown> {
  let retryIndex = 0;
  let emitted = false;
  return defer(() =>
    retryIndex === 0 ? first : from(retrier.start(retryIndex).result as Observable<unknown>),
  ).pipe(
    tap(() => (emitted = true)),
    retry({
      count: retrier.policy.maxRetries,
      delay: (error: unknown) => {
        const delayMs = emitted ? null : retryDelayMs(retrier.policy, error, ++retryIndex);
        return delayMs === null ? throwError(() => error) : timer(delayMs);
      },
    }),
  );
}

/** Runs `work` until it succeeds or fails with an error that is not retried. */
async function retryUntilSettled(
  policy: RetryPolicy,
  work: () => Promise<unknown>,
  nextRetryIndex: () => number,
): Promise<unknown> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const delayMs = retryDelayMs(policy, error, nextRetryIndex());
      if (delayMs === null) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}

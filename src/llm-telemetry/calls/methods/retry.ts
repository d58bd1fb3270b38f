import { defer, from, lastValueFrom, retry, tap, throwError, timer, type Observable } from 'rxjs';
import type { LlmErrorType } from '../error-type.js';
import { failureOf } from '../failure-of-error.js';
import type { Again, CallRun, RetryPolicy } from './method-run.js';
import type { FirstStep, Retried, Watch } from './watch.js';

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
  // Not "run > maxRetries": without a number that is never true, and the method would be repeated without end.
  if (!(run <= policy.maxRetries) || !WORTH_RETRYING.has(type)) return null;
  const longest = policy.maxDelayMs! >= 0 ? policy.maxDelayMs! : DEFAULT_MAX_DELAY_MS;
  if (retryAfterMs !== null) return retryAfterMs <= longest ? retryAfterMs : null;
  const backoff = Math.min(BASE_DELAY_MS * 2 ** (run - 1), longest);
  return backoff * (0.5 + random() / 2);
}

/** Runs a method that returns a promise again while that is worth it. `first` has been started already. */
export function retryPromise(again: Again, first: CallRun): Promise<unknown> {
  let run = 0;
  return settleLast(
    again.policy,
    () => (run === 0 ? first.result : again.start(run).result) as Promise<unknown>,
    () => ++run,
  );
}

/**
 * Runs a method that returns a lazy promise again. The consumer keeps the object of the first run; what it asks it for comes
 * from the latest one.
 */
export class RetriedPromise implements Retried {
  private run = 0;
  /** What the latest run returned; `undefined` while that is the object itself. */
  private current: unknown = undefined;
  private readonly results = new Map<string, Promise<unknown>>();

  constructor(
    private readonly again: Again,
    private readonly promise: object,
    private readonly watch: Watch,
  ) {
    watch.kept = true;
  }

  step(name: string, args: unknown[], first: FirstStep): unknown {
    if (name === 'asResponse') return this.result(name, first);
    const value = this.result('then', first);
    if (name === 'withResponse')
      // It waits for the value by a `then` of its own, which is to find a run that succeeded.
      return value.then(() => this.ask(name, first));
    const method = value[name as 'then'] as (...args: unknown[]) => unknown;
    return method.apply(value, args);
  }

  /** What comes of a method of the promise, once for all who ask for it. */
  private result(name: string, first: FirstStep): Promise<unknown> {
    const known = this.results.get(name);
    if (known) return known;
    let started = false;
    const work = (): Promise<unknown> => {
      if (started) {
        const { result } = this.again.start(this.run);
        // A method that returns the same promise each time has nothing new to offer.
        this.current = result === this.promise ? undefined : result;
      }
      started = true;
      return this.ask(name, first);
    };
    const result = settleLast(this.again.policy, work, () => ++this.run).finally(() => {
      // From the second run on, the object of the first one has nothing to give but its error.
      if (this.current !== undefined) return;
      this.watch.kept = false;
      if (this.watch.idle) this.watch.release();
    });
    this.results.set(name, result);
    return result;
  }

  private ask(name: string, first: FirstStep): Promise<unknown> {
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
 * Runs a method that returns an async generator again while it has not yielded a value: after that, a new run would repeat
 * what the consumer has seen. The consumer keeps the object of the first run; its steps are those of the latest one.
 */
export class RetriedGenerator implements Retried {
  private run = 0;
  private current: AsyncGenerator | null = null;
  private started: Promise<unknown> | null = null;

  constructor(
    private readonly again: Again,
    private readonly generator: AsyncGenerator,
    private readonly watch: Watch,
  ) {
    watch.kept = true;
  }

  step(name: string, args: unknown[], first: FirstStep): unknown {
    const take = (): Promise<IteratorResult<unknown>> => {
      const { current } = this;
      const step = current
        ? (current[name as 'next'] as (...args: unknown[]) => Promise<IteratorResult<unknown>>)
        : null;
      return (step ? step.apply(current, args) : first(name, args)) as Promise<IteratorResult<unknown>>;
    };
    // Steps that are asked for before the first one is done wait for it, as they would inside the generator.
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
      if (this.run > 0) {
        const { result } = this.again.start(this.run);
        this.current = result === this.generator ? null : (result as AsyncGenerator);
      }
      return take();
    };
    return settleLast(this.again.policy, work, () => ++this.run) as Promise<IteratorResult<unknown>>;
  }

  private over(): void {
    this.watch.kept = false;
    this.watch.release();
  }
}

const NOTHING = (): void => {};

/** Runs a method that returns an Observable again while it has not emitted a value. */
export function retryObservable(again: Again, first: Observable<unknown>): Observable<unknown> {
  let run = 0;
  let emitted = false;
  return defer(() => (run === 0 ? first : from(again.start(run).result as Observable<unknown>))).pipe(
    tap(() => (emitted = true)),
    retry({
      count: again.policy.maxRetries,
      delay: (error: unknown) => {
        const delayMs = emitted ? null : retryDelayMs(again.policy, error, ++run);
        return delayMs === null ? throwError(() => error) : timer(delayMs);
      },
    }),
  );
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

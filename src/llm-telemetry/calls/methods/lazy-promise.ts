import { AsyncResource } from 'node:async_hooks';
import { type Hook, type Hooks, type Method, type Watch, watchObject } from './watch.js';
import { isPlainPromise } from './result-kind.js';
import { RetriedPromise } from './retry.js';
import type { WatchedCall } from './method-call.js';

/**
 * Watches a promise with own methods (an SDK's `APIPromise`, a subclass, a query builder). Its methods do the work when the
 * consumer calls them, in the context of the call. Continuations run in the context of the consumer. Returns `false` if
 * the object cannot be watched.
 */
export function watchThenable(promise: object, watched: WatchedCall): boolean {
  const watch = watchObject(promise, watched, PROMISE_HOOKS);
  if (watch && watched.retrier) watch.retried = new RetriedPromise(watched.retrier, promise, watch);
  return watch !== undefined;
}

/** Creates a hook for a method that returns a promise. `onValue` receives the value of that promise. */
function consuming(name: string, onValue: (watch: Watch, value: unknown) => void): Hook {
  return (watch, original, self, args) => {
    // Called by another hooked method: `withResponse` calls `asResponse` and `then`.
    if (watch.depth > 0) return Reflect.apply(original, self, args);
    if (watch.retried) return repeated(watch, name, self, args);
    const { result, thenCalled } = enter(watch, original, self, observedHandler(watch, name, args));
    if (thenCalled || !isPlainPromise(result)) return result;
    return result.then(
      (value) => {
        onValue(watch, value);
        return value;
      },
      (error: unknown) => {
        throw watch.failed(error);
      },
    );
  };
}

const PROMISE_HOOKS: Hooks = {
  // oxlint-disable-next-line unicorn/no-thenable -- a table of hooks, which is never awaited
  then(watch, original, self, args) {
    if (watch.retried && watch.depth === 0) return repeated(watch, 'then', self, args);
    watch.thenCalled = true;
    const [onValue, onError, ...others] = args;
    const consumer = consumerContext();
    const done = (value: unknown): unknown => {
      watch.done(value);
      return typeof onValue === 'function'
        ? consumer.runInAsyncScope(onValue as Continuation, undefined, value)
        : value;
    };
    const failed = (cause: unknown): unknown => {
      const error = watch.failed(cause);
      if (typeof onError !== 'function') throw error;
      return consumer.runInAsyncScope(onError as Continuation, undefined, error);
    };
    return watch.run(() => Reflect.apply(original, self, [done, failed, ...others]));
  },
  catch: consuming('catch', (watch, value) => watch.done(value)),
  finally: consuming('finally', (watch, value) => watch.done(value)),
  asResponse: consuming('asResponse', (watch) => watch.handedOut()),
  withResponse: consuming('withResponse', (watch, value) => watch.done(dataOf(value))),
};

type Continuation = (value: unknown) => unknown;

/**
 * Captures the async context of the consumer. `AsyncLocalStorage.snapshot` would add a bound function with accessors:
 * 2.6 kB per promise. SDKs keep their promises in a `WeakMap`, so minor collections would copy half of it.
 */
function consumerContext(): AsyncResource {
  return new AsyncResource('LlmCallConsumer');
}

/** Calls a method of the promise in the context of the call, and returns whether it called `then`. */
function enter(
  watch: Watch,
  original: Method,
  self: object,
  args: unknown[],
): { result: unknown; thenCalled: boolean } {
  const { thenCalled } = watch;
  watch.thenCalled = false;
  watch.depth++;
  try {
    const result = watch.run(() => Reflect.apply(original, self, args));
    return { result, thenCalled: watch.thenCalled };
  } finally {
    watch.depth--;
    watch.thenCalled = thenCalled;
  }
}

/** Wraps the handler of `catch`, the only place that sees the error. Other signatures (filters by class) are kept. */
function observedHandler(watch: Watch, name: string, args: unknown[]): unknown[] {
  const [onError] = args;
  if (name !== 'catch' || args.length !== 1 || typeof onError !== 'function') return args;
  const consumer = consumerContext();
  return [
    (cause: unknown): unknown =>
      consumer.runInAsyncScope(onError as Continuation, undefined, watch.failed(cause)),
  ];
}

function repeated(watch: Watch, name: string, self: object, args: unknown[]): unknown {
  return watch.retried!.step(name, args, (method, given) =>
    watch.withoutRetry(() => (self as Record<string, PromiseMethod>)[method]!(...given)),
  );
}

type PromiseMethod = (...args: unknown[]) => unknown;

/** Returns the data of `withResponse`, which resolves with `{ data, response }`. */
function dataOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'data' in value ? value.data : value;
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { type Hook, type Hooks, type Method, type Watch, watchObject } from './watch.js';
import { isPlainPromise } from './kind.js';
import { RetriedPromise } from './retry.js';
import type { WatchedRun } from './method-run.js';

/**
 * Watches a promise with methods of its own (an SDK's `APIPromise`, a subclass, a query builder). Nothing is called here:
 * its methods do the work when the consumer calls them, in the context of the call. What comes after it runs in the
 * context of the consumer. False if it cannot be watched.
 */
export function watchThenable(promise: object, run: WatchedRun): boolean {
  const watch = watchObject(promise, run, PROMISE_HOOKS);
  if (watch && run.again) watch.retried = new RetriedPromise(run.again, promise, watch);
  return watch !== undefined;
}

/** `onValue`: what the value of the promise that the method returns means for the call. */
function consuming(name: string, onValue: (watch: Watch, value: unknown) => void): Hook {
  return (watch, original, self, args) => {
    // A part of another method: `withResponse` asks for the response and for the data.
    if (watch.depth > 0) return Reflect.apply(original, self, args);
    if (watch.retried) return repeated(watch, name, self, args);
    const { result, thenSeen } = enter(watch, original, self, observedHandler(watch, name, args));
    if (thenSeen || !isPlainPromise(result)) return result;
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
    watch.thenSeen = true;
    const [onValue, onError, ...others] = args;
    const afterwards = AsyncLocalStorage.snapshot();
    const done = (value: unknown): unknown => {
      watch.done(value);
      return typeof onValue === 'function' ? afterwards(onValue as Continuation, value) : value;
    };
    const failed = (cause: unknown): unknown => {
      const error = watch.failed(cause);
      if (typeof onError !== 'function') throw error;
      return afterwards(onError as Continuation, error);
    };
    return watch.within(() => Reflect.apply(original, self, [done, failed, ...others]));
  },
  catch: consuming('catch', (watch, value) => watch.done(value)),
  finally: consuming('finally', (watch, value) => watch.done(value)),
  asResponse: consuming('asResponse', (watch) => watch.handedOut()),
  withResponse: consuming('withResponse', (watch, value) => watch.done(dataOf(value))),
};

type Continuation = (value: unknown) => unknown;

/** Calls a method of the promise in the context of the call, and notes whether it went through `then`. */
function enter(
  watch: Watch,
  original: Method,
  self: object,
  args: unknown[],
): { result: unknown; thenSeen: boolean } {
  const { thenSeen } = watch;
  watch.thenSeen = false;
  watch.depth++;
  try {
    const result = watch.within(() => Reflect.apply(original, self, args));
    return { result, thenSeen: watch.thenSeen };
  } finally {
    watch.depth--;
    watch.thenSeen = thenSeen;
  }
}

/** The handler of `catch` is the only one that sees the error. Other signatures (a filter by class) are left alone. */
function observedHandler(watch: Watch, name: string, args: unknown[]): unknown[] {
  const [onError] = args;
  if (name !== 'catch' || args.length !== 1 || typeof onError !== 'function') return args;
  const afterwards = AsyncLocalStorage.snapshot();
  return [(cause: unknown): unknown => afterwards(onError as Continuation, watch.failed(cause))];
}

function repeated(watch: Watch, name: string, self: object, args: unknown[]): unknown {
  return watch.retried!.step(name, args, (method, given) =>
    watch.withoutRetry(() => (self as Record<string, PromiseMethod>)[method]!(...given)),
  );
}

type PromiseMethod = (...args: unknown[]) => unknown;

/** `withResponse` gives `{ data, response }`: the result of the method is the data. */
function dataOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'data' in value ? value.data : value;
}

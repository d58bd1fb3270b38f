import { type Hook, type Hooks, watchObject } from './watch.js';
import { isAsyncGenerator, isPlainPromise } from './result-kind.js';
import { RetriedGenerator } from './retry.js';
import type { WatchedCall } from './method-call.js';

/** Watches a sync or async generator: each step runs in the context of the call, which ends with the last one. */
export function watchGenerator(generator: object, watched: WatchedCall): boolean {
  const watch = watchObject(generator, watched, STEP_HOOKS);
  if (watch) {
    watch.endWhenCollected(generator);
    if (watched.retrier && isAsyncGenerator(generator))
      watch.retried = new RetriedGenerator(watched.retrier, generator, watch);
  }
  return watch !== undefined;
}

/** Watches an async iterable, whose iterators do the work. */
export function watchIterable(iterable: object, watched: WatchedCall): boolean {
  const watch = watchObject(iterable, watched, ITERABLE_HOOKS);
  watch?.endWhenCollected(iterable);
  return watch !== undefined;
}

function step(name: string): Hook {
  return (watch, original, self, args) => {
    if (watch.retried)
      return watch.retried.step(name, args, (method, given) =>
        watch.withoutRetry(() => (self as Record<string, Step>)[method]!(...given)),
      );
    let result: unknown;
    try {
      result = watch.run(() => Reflect.apply(original, self, args));
    } catch (error) {
      throw watch.failed(error);
    }
    if (!isPlainPromise(result)) {
      if (isLast(result)) watch.done(result.value);
      return result;
    }
    return result.then(
      (result) => {
        if (isLast(result)) watch.done(result.value);
        return result;
      },
      (error: unknown) => {
        throw watch.failed(error);
      },
    );
  };
}

type Step = (...args: unknown[]) => unknown;

/** Hooks for generators and iterators. */
export const STEP_HOOKS: Hooks = { next: step('next'), return: step('return'), throw: step('throw') };

const ITERABLE_HOOKS: Hooks = {
  ...STEP_HOOKS,
  [Symbol.asyncIterator](watch, original, self, args) {
    const iterator = watch.run(() => Reflect.apply(original, self, args));
    if (typeof iterator === 'object' && iterator !== null && iterator !== self) {
      // A loop retains the iterator, not the iterable.
      watch.keepWhenCollected();
      if (watch.attach(iterator, STEP_HOOKS)) watch.endWhenCollected(iterator);
    }
    return iterator;
  },
};

function isLast(result: unknown): result is { value: unknown } {
  return typeof result === 'object' && result !== null && (result as { done?: unknown }).done === true;
}

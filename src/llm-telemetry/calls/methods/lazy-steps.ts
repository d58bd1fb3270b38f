import { type Hook, type Hooks, watchObject } from './watch.js';
import { isAsyncGenerator, isPlainPromise } from './kind.js';
import { RetriedGenerator } from './retry.js';
import type { WatchedRun } from './method-run.js';

/** Watches a generator, async or not: each step runs in the context of the call, which ends with the last one. */
export function watchGenerator(generator: object, run: WatchedRun): boolean {
  const watch = watchObject(generator, run, STEP_HOOKS);
  if (watch) {
    watch.endWhenCollected(generator);
    if (run.again && isAsyncGenerator(generator))
      watch.retried = new RetriedGenerator(run.again, generator, watch);
  }
  return watch !== undefined;
}

/** Watches an async iterable: the work is done by the iterators that it gives. */
export function watchIterable(iterable: object, run: WatchedRun): boolean {
  const watch = watchObject(iterable, run, ITERABLE_HOOKS);
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
      result = watch.within(() => Reflect.apply(original, self, args));
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
    const iterator = watch.within(() => Reflect.apply(original, self, args));
    if (typeof iterator === 'object' && iterator !== null && iterator !== self) {
      // A loop holds the iterator, not the iterable.
      watch.keepWhenCollected();
      if (watch.attach(iterator, STEP_HOOKS)) watch.endWhenCollected(iterator);
    }
    return iterator;
  },
};

function isLast(result: unknown): result is { value: unknown } {
  return typeof result === 'object' && result !== null && (result as { done?: unknown }).done === true;
}

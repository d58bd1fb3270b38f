import { AsyncLocalStorage } from 'node:async_hooks';
import { Observable } from 'rxjs';
import type { Call } from './call.js';
import type { EventStreamLike, ObservableLike } from './kind.js';

/**
 * Results that do their work while they are consumed. Each stays the very object that the method made: one or two of
 * its methods are shadowed on the instance, so that its steps run in the call's context and its end is seen.
 */

type Done = (result: unknown) => void;
/** Returns the error that the consumer gets. */
type Failed = (error: unknown) => unknown;

/**
 * A promise with methods of its own (an SDK's `APIPromise`). Its `then` is what does the work: it is not called here,
 * but runs in the call's context when it is. What comes after it belongs to whoever called it.
 */
export function watchThenable(
  promise: PromiseLike<unknown> & object,
  call: Call,
  done: Done,
  failed: Failed,
): void {
  const then = promise.then as (onValue?: unknown, onError?: unknown) => unknown;
  shadow(promise, 'then', function (this: unknown, onValue?: unknown, onError?: unknown) {
    const afterwards = AsyncLocalStorage.snapshot();
    return call.within(() =>
      then.call(
        this,
        (value: unknown) => {
          done(value);
          if (typeof onValue !== 'function') return value;
          return afterwards(onValue as (value: unknown) => unknown, value);
        },
        (cause: unknown) => {
          const error = failed(cause);
          if (typeof onError !== 'function') throw error;
          return afterwards(onError as (error: unknown) => unknown, error);
        },
      ),
    );
  });
}

export function watchAsyncGenerator(generator: AsyncGenerator, call: Call, done: Done, failed: Failed): void {
  abandoned.register(generator, new WeakRef(call), generator);
  const end = (result: unknown): void => {
    abandoned.unregister(generator);
    done(result);
  };
  for (const step of ['next', 'return', 'throw'] as const) {
    const original = generator[step] as (...args: unknown[]) => Promise<IteratorResult<unknown>>;
    shadow(generator, step, function (this: AsyncGenerator, ...args: unknown[]) {
      return call
        .within(() => original.apply(this, args))
        .then(
          (result) => {
            if (result.done) end(result.value);
            return result;
          },
          (error: unknown) => {
            abandoned.unregister(generator);
            throw failed(error);
          },
        );
    });
  }
}

export function watchGenerator(generator: Generator, call: Call, done: Done, failed: Failed): void {
  abandoned.register(generator, new WeakRef(call), generator);
  for (const step of ['next', 'return', 'throw'] as const) {
    const original = generator[step] as (...args: unknown[]) => IteratorResult<unknown>;
    shadow(generator, step, function (this: Generator, ...args: unknown[]) {
      try {
        const result = call.within(() => original.apply(this, args));
        if (result.done) {
          abandoned.unregister(generator);
          done(result.value);
        }
        return result;
      } catch (error) {
        abandoned.unregister(generator);
        throw failed(error);
      }
    });
  }
}

/** A generator that nobody finished has no end that could be seen, but it is collected. */
const abandoned = new FinalizationRegistry<WeakRef<Call>>((call) => call.deref()?.settle('value'));

/**
 * An Observable. Subscribing does the work: the first subscription is the call; each further one sends requests of its
 * own, which are calls of the same name, as those of a call that has ended. What is done with its values belongs to
 * whoever subscribed.
 */
export function watchObservable(observable: ObservableLike, call: Call, done: Done, failed: Failed): void {
  const subscribe = observable.subscribe;
  const watched = new Observable<unknown>((subscriber) => {
    let last: unknown;
    const afterwards = AsyncLocalStorage.snapshot();
    const inner = call.within(() =>
      subscribe.call(observable, {
        next: (value: unknown) => {
          last = value;
          afterwards(() => subscriber.next(value));
        },
        error: (cause: unknown) => {
          const error = failed(cause);
          afterwards(() => subscriber.error(error));
        },
        complete: () => {
          done(last);
          afterwards(() => subscriber.complete());
        },
      }),
    );
    return () => {
      inner.unsubscribe();
      call.settle('value');
    };
  });
  shadow(observable, 'subscribe', (...args: unknown[]) =>
    (watched.subscribe as (...args: unknown[]) => unknown).apply(watched, args),
  );
}

/**
 * A runner or a stream of events. Only its end is listened to: with a listener for errors an error that nobody handles
 * would count as handled. What broke is told by the answers.
 */
export function watchEventStream(stream: EventStreamLike, call: Call): void {
  const returnedAt = performance.now();
  stream.on('end', () => call.settle('value', returnedAt));
}

function shadow(object: object, name: string, method: (this: never, ...args: never[]) => unknown): void {
  Object.defineProperty(object, name, {
    value: method,
    configurable: true,
    writable: true,
    enumerable: false,
  });
}

import { types } from 'node:util';
import { inheriting } from '../streams/observed-stream.js';
import { hasProxy } from '../readable.js';
import { createStamp } from '../stamp.js';

/** Receives the result of a `fetch`. Must not throw. */
export interface ResultObserver {
  fulfilled(value: unknown): void;
  rejected(error: unknown): void;
  /** The result cannot be observed. */
  unobservable(): void;
}

/**
 * Observes the return value of a `fetch` and returns the value for the caller: a derived promise for a native promise,
 * so that an unhandled rejection stays unhandled; the value itself for anything else (a subclass, a promise of a
 * library, a lazy promise, a plain value). Those are never subscribed to here, because their `then` may start the
 * request.
 */
export function observeResult(result: unknown, observer: ResultObserver): unknown {
  if (isNativePromise(result)) return derive(result, observer);
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) {
    observer.fulfilled(result);
    return result;
  }
  if (hasProxy(result)) {
    observer.unobservable();
    return result;
  }
  const then = propertyOf(result, 'then');
  if (then === undefined) observer.fulfilled(result);
  else if (!observeThenable(result, then, observer)) observer.unobservable();
  return result;
}

/** Returns whether a value is a promise of any realm that is not of a subclass. */
function isNativePromise(result: unknown): result is Promise<unknown> {
  if (!types.isPromise(result)) return false;
  const prototype = Object.getPrototypeOf(result) as object | null;
  if (prototype === Promise.prototype) return true;
  const parent = prototype && (Object.getPrototypeOf(prototype) as object | null);
  return !!parent && Object.getPrototypeOf(parent) === null && Object.hasOwn(prototype, 'then');
}

function derive(promise: Promise<unknown>, observer: ResultObserver): Promise<unknown> {
  const { then } = Object.getPrototypeOf(promise) as Promise<unknown>;
  const derived = then.call(
    promise,
    (value) => {
      observer.fulfilled(value);
      return value;
    },
    (error: unknown) => {
      observer.rejected(error);
      throw error;
    },
  );
  // Libraries add methods to promises (`cancel`). Symbols belong to the runtime and differ for each promise.
  for (const key of Object.getOwnPropertyNames(promise))
    Reflect.defineProperty(derived, key, Object.getOwnPropertyDescriptor(promise, key)!);
  return derived;
}

type Then = (...handlers: unknown[]) => unknown;

interface Property {
  readonly holder: object;
  readonly descriptor: PropertyDescriptor;
}

/** Returns `false` if `then` cannot be observed or the object cannot be changed. */
function observeThenable(
  thenable: object,
  { holder, descriptor }: Property,
  observer: ResultObserver,
): boolean {
  const then: unknown = descriptor.value;
  if (typeof then !== 'function') {
    if (!('value' in descriptor)) return false;
    observer.fulfilled(thenable);
    return true;
  }
  if (!Object.isExtensible(thenable)) return false;
  const watch = new ResultWatch(observer);
  if (holder === thenable) {
    const value = function (this: unknown, ...handlers: unknown[]): unknown {
      return watch.subscribe(then as Then, this, handlers);
    };
    Object.defineProperty(value, 'name', { value: then.name, configurable: true });
    Object.defineProperty(value, 'length', { value: then.length, configurable: true });
    // oxlint-disable-next-line unicorn/no-thenable -- replaces the existing `then`
    if (!Reflect.defineProperty(thenable, 'then', { ...descriptor, value })) return false;
  } else {
    watches.put(thenable, watch);
    Object.setPrototypeOf(thenable, observedPrototype(Object.getPrototypeOf(thenable) as object));
  }
  dropped.register(thenable, watch);
  return true;
}

/** Notifies the observer once, however often the application subscribes. */
class ResultWatch {
  private observer: ResultObserver | null;

  constructor(observer: ResultObserver) {
    this.observer = observer;
  }

  subscribe(then: Then, thenable: unknown, [onValue, onError, ...others]: unknown[]): unknown {
    return Reflect.apply(then, thenable, [
      (value: unknown, ...more: unknown[]) => {
        this.settle()?.fulfilled(value);
        return typeof onValue === 'function' ? (onValue as Then)(value, ...more) : value;
      },
      (error: unknown, ...more: unknown[]) => {
        this.settle()?.rejected(error);
        if (typeof onError === 'function') return (onError as Then)(error, ...more);
        throw error;
      },
      ...others,
    ]);
  }

  /** The thenable was garbage collected without a subscription. */
  drop(): void {
    this.settle()?.unobservable();
  }

  private settle(): ResultObserver | null {
    const { observer } = this;
    this.observer = null;
    return observer;
  }
}

const watches = createStamp<ResultWatch>();
const dropped = new FinalizationRegistry<ResultWatch>((watch) => watch.drop());
const prototypes = new WeakMap<object, object>();

function observedPrototype(base: object): object {
  const known = prototypes.get(base);
  if (known) return known;
  const prototype = inheriting(base, {
    // oxlint-disable-next-line unicorn/no-thenable -- wraps the `then` of a thenable
    then(this: unknown, ...handlers: unknown[]) {
      const then = Reflect.get(base, 'then', this) as Then;
      const watch = watches.of(this);
      return watch ? watch.subscribe(then, this, handlers) : Reflect.apply(then, this, handlers);
    },
  });
  prototypes.set(base, prototype);
  return prototype;
}

function propertyOf(object: object, key: PropertyKey): Property | undefined {
  for (let holder: object | null = object; holder; holder = Object.getPrototypeOf(holder) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor) return { holder, descriptor };
  }
  return undefined;
}

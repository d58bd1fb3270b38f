import { types } from 'node:util';
import { guard } from '../../wire/guard.js';
import { createStamp } from '../../wire/stamp.js';
import { inheriting } from '../../wire/streams/observed-stream.js';
import type { WatchedCall } from './method-call.js';

/** Performs the steps of a lazy result whose method is retried. */
export interface Retried {
  step(name: string, args: unknown[], first: FirstStep): unknown;
}

/** Performs a step on the object that the first call returned. */
export type FirstStep = (name: string, args: unknown[]) => unknown;

/**
 * State of one watched lazy result. If several calls return the same object, they share one watch with one layer of hooks.
 */
export class Watch {
  /** Keeps hooks until `release`, even after all calls have ended. */
  keepHooks = false;
  /** Retries the method for the consumer; `null` without `retry`. */
  retried: Retried | null = null;
  /** Number of branches of a `ReadableStream` that are not cancelled. */
  branches = 1;
  /** Number of open subscriptions of an Observable. */
  subscriptions = 0;
  /** Number of hooked methods of a promise that are running. Methods that they call are part of them. */
  depth = 0;
  /** A `then` was called by a hooked method. */
  thenCalled = false;
  /** An error was replaced by a budget error. Hooks stay, since the platform can return the same error repeatedly. */
  private refused = false;
  private calls: WatchedCall[] = [];
  /** Call whose context is used after all calls have ended: later requests are recorded with its name. */
  private last: WatchedCall;
  private undo: Array<() => void> = [];

  constructor(first: WatchedCall) {
    this.last = first;
    this.add(first);
  }

  add(watched: WatchedCall): void {
    while (this.calls[0]?.call.ended) this.calls.shift();
    this.calls.push(watched);
    this.last = watched;
  }

  /** Hooks the object or a part of it. Returns `false` if that is not possible. */
  attach(object: object, hooks: Hooks): boolean {
    const undo = hook(object, hooks, this);
    if (undo) this.undo.push(undo);
    return undo !== null;
  }

  /** Runs a step in the context of the first call that has not ended. Errors pass through. */
  run<T>(work: () => T): T {
    return this.runIn(
      this.calls.find((watched) => !watched.call.ended),
      work,
    );
  }

  runIn<T>(watched: WatchedCall | undefined, work: () => T): T {
    const { call } = watched ?? this.last;
    call.touch();
    return call.run(work);
  }

  /** Runs a step on the object itself, bypassing `retried`. */
  withoutRetry<T>(work: () => T): T {
    const { retried } = this;
    this.retried = null;
    try {
      return work();
    } finally {
      this.retried = retried;
    }
  }

  /** Removes and returns the calls of one consumer: the oldest, and the calls that enclose it. */
  take(): WatchedCall[] {
    const taken: WatchedCall[] = [];
    for (let watched = this.calls[0]; watched; watched = this.calls[0]) {
      if (taken.length > 0 && !taken.at(-1)!.call.isWithin(watched.call)) break;
      this.calls.shift();
      taken.push(watched);
    }
    return taken;
  }

  /** True if every call that returned the object has been consumed or has ended. */
  get idle(): boolean {
    return this.subscriptions === 0 && this.calls.every(({ call }) => call.ended);
  }

  done(result: unknown): void {
    this.end((watched) => watched.done(result));
  }

  /** Ends the calls with an error. Returns the error for the consumer. */
  failed(error: unknown): unknown {
    let replacement = this.replacementFor(error);
    this.end((watched) => {
      replacement = watched.failed(replacement);
    });
    return replacement;
  }

  /** Returns the error for the consumer without ending the calls: the budget error if a budget refused the request. */
  replacementFor(error: unknown, watchedCalls: readonly WatchedCall[] = this.calls): unknown {
    const known = refusals.get(error as object);
    if (known) return known;
    const refusal = watchedCalls.find(({ call }) => call.refusal !== null)?.call.refusal;
    if (!refusal || refusal === error) return error;
    this.refused = true;
    if (typeof error === 'object' && error !== null) refusals.set(error, refusal);
    return refusal;
  }

  /** True if a budget has refused a request of the calls or can still refuse one. */
  get mayBeRefused(): boolean {
    return this.refused || this.calls.some(({ call }) => call.mayBeRefused);
  }

  /**
   * Returns the result of a method of the object. A promise is derived if its error may have to be replaced; errors that
   * `passes` accepts are kept.
   */
  refusable(result: unknown, passes: (error: unknown) => boolean): unknown {
    if (!types.isPromise(result) || !this.mayBeRefused) return result;
    // Copied, since the calls can have ended when the promise rejects.
    const watchedCalls = [...this.calls];
    return result.then(undefined, (error: unknown) => {
      throw passes(error) ? error : this.replacementFor(error, watchedCalls);
    });
  }

  /** Called when the consumer has the `Response` and reads it directly. */
  handedOut(): void {
    this.end(({ call }) => call.settle('stream'));
  }

  /** Called when the consumer stopped before the end. */
  stopped(): void {
    this.end(({ call }) => call.settle('value'));
  }

  /** Ends the calls if the object is garbage-collected before its end. */
  endWhenCollected(object: object): void {
    abandoned.register(object, this.calls, this);
  }

  /** Keeps the calls open if the object is garbage-collected: the work continues without it. */
  keepWhenCollected(): void {
    abandoned.unregister(this);
  }

  /** Removes all hooks. */
  release(): void {
    abandoned.unregister(this);
    for (const undo of this.undo.splice(0)) guard('removing hooks from a result', undo);
  }

  private end(ending: (watched: WatchedCall) => void): void {
    // Emptied in place, since the registry holds the same array.
    for (const watched of this.calls.splice(0)) ending(watched);
    if (!this.keepHooks && !this.refused) this.release();
  }
}

/** Maps replaced errors to the budget errors that replace them. */
const refusals = new WeakMap<object, Error>();

/** If the application drops an object, only its garbage collection can be observed. */
const abandoned = new FinalizationRegistry<readonly WatchedCall[]>((watchedCalls) => {
  for (const { call } of watchedCalls) call.settle('value', call.lastActivityAt());
});

/**
 * Watches `object` for one more call. Returns the new watch, `null` if the object is already watched, or `undefined` if it
 * cannot be watched.
 */
export function watchObject(object: object, watched: WatchedCall, hooks: Hooks): Watch | null | undefined {
  const known = watchOf(object);
  if (known) {
    known.add(watched);
    return null;
  }
  const watch = new Watch(watched);
  return watch.attach(object, hooks) ? watch : undefined;
}

export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Replaces `original` while an object is watched. `self` and `args` are those of the application's call. */
export type Hook = (watch: Watch, original: Method, self: object, args: unknown[]) => unknown;

/** Replaces a getter, which `original` calls. */
export interface GetterHook {
  readonly get: Hook;
}

export type Hooks = Readonly<Record<PropertyKey, Hook | GetterHook>>;

const watches = createStamp<Watch | undefined>();

/** What is computed once for a table of hooks, because each call needs it. */
interface HookCache {
  readonly keys: ReadonlyArray<string | symbol>;
  /** The hooked prototype of each prototype. */
  readonly prototypes: WeakMap<object, object>;
}

const caches = new WeakMap<Hooks, HookCache>();

function cacheOf(hooks: Hooks): HookCache {
  let cache = caches.get(hooks);
  if (!cache) caches.set(hooks, (cache = { keys: Reflect.ownKeys(hooks), prototypes: new WeakMap() }));
  return cache;
}

/** Returns the watch of an object, or `undefined`. */
function watchOf(object: object): Watch | undefined {
  return watches.of(object);
}

/**
 * Hooks methods and getters of one object by a prototype swap: the new prototype inherits from the original, so the object
 * keeps its identity and own properties, and `instanceof` and private fields work. A method that is an own property is
 * replaced in place, with the same property attributes.
 *
 * Returns a function that removes the hooks, or `null` if the object cannot be hooked: it is frozen or has none of the
 * methods.
 */
function hook(object: object, hooks: Hooks, watch: Watch): (() => void) | null {
  if (watchOf(object)) return null;
  if (!Object.isExtensible(object)) return null;
  const base = Object.getPrototypeOf(object) as object | null;
  const prototype = base && hookedPrototype(base, hooks);
  const undoOwn = hookOwn(object, hooks, watch);
  if (!prototype && undoOwn.length === 0) return null;
  watches.put(object, watch);
  if (prototype) Object.setPrototypeOf(object, prototype);
  return () => {
    watches.put(object, undefined);
    if (prototype && Object.getPrototypeOf(object) === prototype) Object.setPrototypeOf(object, base);
    for (const undo of undoOwn) undo();
  };
}

/** Returns the hooked prototype, one for all objects of a class: a new one per object would deoptimize its methods. */
function hookedPrototype(base: object, hooks: Hooks): object | null {
  const { keys, prototypes } = cacheOf(hooks);
  const known = prototypes.get(base);
  if (known) return known;
  const methods: Record<PropertyKey, Method> = {};
  for (const key of keys) {
    const hook = hooks[key]!;
    if (typeof hook !== 'function') {
      // Not read: native getters reject a prototype as receiver.
      if (key in base) Object.defineProperty(methods, key, hookedGetter(key, hook, base));
    } else if (typeof (base as Record<PropertyKey, unknown>)[key] === 'function') {
      methods[key] = hooked(key, hook, () => (base as Record<PropertyKey, Method>)[key]!);
    }
  }
  if (Reflect.ownKeys(methods).length === 0) return null;
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

/** Replaces methods that are own properties. Returns functions that restore them. */
function hookOwn(object: object, hooks: Hooks, watch: Watch): Array<() => void> {
  const undo: Array<() => void> = [];
  for (const key of cacheOf(hooks).keys) {
    if (!Object.hasOwn(object, key)) continue;
    const hook = hooks[key]!;
    if (typeof hook !== 'function') continue;
    const before = Object.getOwnPropertyDescriptor(object, key);
    if (typeof before?.value !== 'function' || !(before.configurable || before.writable)) continue;
    const original = before.value as Method;
    const value = hookedOwn(hook, original, watch);
    setOwn(object, key, before, value);
    undo.push(() => {
      // Keeps a method that the application has assigned since.
      const now = Object.getOwnPropertyDescriptor(object, key);
      if (now?.value === value) setOwn(object, key, now, original);
    });
  }
  return undo;
}

function hookedOwn(hook: Hook, original: Method, watch: Watch): Method {
  const value = anonymous((self, args) => hook(watch, original, self as object, args));
  // OpenAI's SDK adds an anonymous function without parameters to each promise, so this is rare.
  if (original.name !== '')
    Object.defineProperty(value, 'name', { value: original.name, configurable: true });
  if (original.length > 0)
    Object.defineProperty(value, 'length', { value: original.length, configurable: true });
  return value;
}

function anonymous(call: (self: unknown, args: unknown[]) => unknown): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    return call(this, args);
  };
}

/** Replaces the value of an own property and keeps its attributes. An assignment costs less than a definition. */
function setOwn(object: object, key: PropertyKey, before: PropertyDescriptor, value: Method): void {
  if (before.writable) (object as Record<PropertyKey, Method>)[key] = value;
  else Object.defineProperty(object, key, { ...before, value });
}

function hooked(key: string | symbol, hook: Hook, original: () => Method): Method {
  return {
    [key](this: unknown, ...args: unknown[]): unknown {
      const watch = typeof this === 'object' && this !== null ? watches.of(this) : undefined;
      return watch ? hook(watch, original(), this as object, args) : Reflect.apply(original(), this, args);
    },
  }[key as string]!;
}

function hookedGetter(key: PropertyKey, hook: GetterHook, base: object): PropertyDescriptor {
  const original = function (this: unknown): unknown {
    return Reflect.get(base, key, this);
  };
  const getter = {
    get [key](): unknown {
      const watch = watches.of(this);
      return watch ? hook.get(watch, original, this, []) : Reflect.apply(original, this, []);
    },
  };
  return Object.getOwnPropertyDescriptor(getter, key)!;
}

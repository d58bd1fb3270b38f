import { types } from 'node:util';
import { guard } from '../../wire/guard.js';
import { createStamp } from '../../wire/stamp.js';
import { inheriting } from '../../wire/streams/observed-stream.js';
import type { WatchedRun } from './method-run.js';

/** Takes the steps of an object whose method is run again when it fails. */
export interface Retried {
  step(name: string, args: unknown[], first: FirstStep): unknown;
}

/** Takes a step on the object of the first run. */
export type FirstStep = (name: string, args: unknown[]) => unknown;

/**
 * What is known of one object that does its work while it is consumed. A method can return the same object from each run:
 * there is one watch for all of them, with one layer of hooks, and the calls that have not ended.
 */
export class Watch {
  /** Hooks stay on until `release`, also after the calls have ended. */
  kept = false;
  /** Repeats the method on behalf of the consumer; `null` without `retry`. */
  retried: Retried | null = null;
  /** How many branches of a `ReadableStream` have not been cancelled. */
  branches = 1;
  /** How many subscriptions of an Observable have not ended. */
  subscriptions = 0;
  /** How many hooked methods of a promise are running: what they call is part of them. */
  depth = 0;
  /** A `then` was called by a hooked method. */
  thenSeen = false;
  /** An error was replaced by a budget's. Hooks stay on, for the platform gives out such an error again and again. */
  private refused = false;
  private runs: WatchedRun[] = [];
  /** The run whose context is used when all have ended: requests are recorded by its name. */
  private last: WatchedRun;
  private undo: Array<() => void> = [];

  constructor(first: WatchedRun) {
    this.last = first;
    this.add(first);
  }

  add(run: WatchedRun): void {
    while (this.runs[0]?.call.ended) this.runs.shift();
    this.runs.push(run);
    this.last = run;
  }

  /** Puts hooks on the object or on a part of it. False if that is not possible. */
  attach(object: object, hooks: Hooks): boolean {
    const undo = hook(object, hooks, this);
    if (undo) this.undo.push(undo);
    return undo !== null;
  }

  /** Runs a step of the work in the context of the first call that has not ended. What it throws passes through. */
  within<T>(work: () => T): T {
    return this.withinRun(
      this.runs.find((run) => !run.call.ended),
      work,
    );
  }

  withinRun<T>(run: WatchedRun | undefined, work: () => T): T {
    const { call } = run ?? this.last;
    call.touch();
    return call.within(work);
  }

  /** Takes a step on the object itself, past its `retried`. */
  withoutRetry<T>(work: () => T): T {
    const { retried } = this;
    this.retried = null;
    try {
      return work();
    } finally {
      this.retried = retried;
    }
  }

  /** The runs whose calls one consumer pays for: the oldest, and those that it is nested in. */
  take(): WatchedRun[] {
    const taken: WatchedRun[] = [];
    for (let run = this.runs[0]; run; run = this.runs[0]) {
      if (taken.length > 0 && !taken.at(-1)!.call.isWithin(run.call)) break;
      this.runs.shift();
      taken.push(run);
    }
    return taken;
  }

  /** Every call that returned the object has been consumed or has ended. */
  get idle(): boolean {
    return this.subscriptions === 0 && this.runs.every(({ call }) => call.ended);
  }

  done(result: unknown): void {
    this.end((run) => run.done(result));
  }

  /** Returns the error that the consumer gets. */
  failed(error: unknown): unknown {
    let leaving = this.replaced(error);
    this.end((run) => {
      leaving = run.failed(leaving);
    });
    return leaving;
  }

  /** Returns what the consumer gets in place of `error`, which need not be the end of the work: see `failed`. */
  replaced(error: unknown, runs: readonly WatchedRun[] = this.runs): unknown {
    const known = refusals.get(error as object);
    if (known) return known;
    const refusal = runs.find(({ call }) => call.refusal !== null)?.call.refusal;
    if (!refusal || refusal === error) return error;
    this.refused = true;
    if (typeof error === 'object' && error !== null) refusals.set(error, refusal);
    return refusal;
  }

  /** A budget has refused a request of the calls, or may still do so. */
  get mayBeRefused(): boolean {
    return this.refused || this.runs.some(({ call }) => call.mayBeRefused);
  }

  /**
   * Stands for what a method of the object gave back: the same value, unless it is a promise that may reject with an error
   * that is to be replaced. An error that `passes` is left alone.
   */
  refusable(result: unknown, passes: (error: unknown) => boolean): unknown {
    if (!types.isPromise(result) || !this.mayBeRefused) return result;
    // They may have ended when it rejects.
    const runs = [...this.runs];
    return result.then(undefined, (error: unknown) => {
      throw passes(error) ? error : this.replaced(error, runs);
    });
  }

  /** The consumer has the response and reads it by itself. */
  handedOut(): void {
    this.end(({ call }) => call.settle('stream'));
  }

  /** The consumer stopped before the end. */
  left(): void {
    this.end(({ call }) => call.settle('value'));
  }

  /** If the object is collected before its end, its calls end. */
  endWhenCollected(object: object): void {
    abandoned.register(object, this.runs, this);
  }

  /** The work goes on without the object. */
  keepWhenCollected(): void {
    abandoned.unregister(this);
  }

  /** Takes all hooks off. */
  release(): void {
    abandoned.unregister(this);
    for (const undo of this.undo.splice(0)) guard('unwatching a result', undo);
  }

  private end(ending: (run: WatchedRun) => void): void {
    // In place: the registry has the same list.
    for (const run of this.runs.splice(0)) ending(run);
    if (!this.kept && !this.refused) this.release();
  }
}

/** The budget's error for each error that it was given out in place of. */
const refusals = new WeakMap<object, Error>();

/** An object that the application drops has no end that could be seen, but it is collected. */
const abandoned = new FinalizationRegistry<readonly WatchedRun[]>((runs) => {
  for (const { call } of runs) call.settle('value', call.lastActivityAt());
});

/**
 * Watches `object` for one more run. Returns its watch if it is new, `null` if it is watched already, and `undefined` if
 * it cannot be watched.
 */
export function watchObject(object: object, run: WatchedRun, hooks: Hooks): Watch | null | undefined {
  const known = watchOf(object);
  if (known) {
    known.add(run);
    return null;
  }
  const watch = new Watch(run);
  return watch.attach(object, hooks) ? watch : undefined;
}

export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Stands for `original` while an object is watched. `self` and `args` are those of the application's own call. */
export type Hook = (watch: Watch, original: Method, self: object, args: unknown[]) => unknown;

/** Stands for a getter, which `original` calls. */
export interface GetterHook {
  readonly get: Hook;
}

export type Hooks = Readonly<Record<PropertyKey, Hook | GetterHook>>;

const watches = createStamp<Watch | undefined>();
const prototypes = new WeakMap<Hooks, WeakMap<object, object>>();

/** The watch on an object, or `undefined`. There is one at most. */
function watchOf(object: object): Watch | undefined {
  return watches.of(object);
}

/**
 * Puts hooks on methods and getters of one object: its prototype is swapped for one that inherits from it, so that the object keeps its
 * identity and its own properties, and `instanceof` and private fields work. A method that is an own property is
 * replaced in place, with the same attributes. Both are undone when the watch ends.
 *
 * Returns a function that takes them off, or `null` if the object cannot be hooked: it is frozen,
 * or has none of the methods.
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

/** One prototype for all objects of a class: a new one for each object would make each of its methods slow. */
function hookedPrototype(base: object, hooks: Hooks): object | null {
  const known = prototypes.get(hooks) ?? new WeakMap<object, object>();
  prototypes.set(hooks, known);
  const before = known.get(base);
  if (before) return before;
  const methods: Record<PropertyKey, Method> = {};
  for (const key of Reflect.ownKeys(hooks)) {
    const hook = hooks[key]!;
    if (typeof hook !== 'function') {
      // Not read: the getters of the platform refuse a prototype as their receiver.
      if (key in base) Object.defineProperty(methods, key, hookedGetter(key, hook, base));
    } else if (typeof (base as Record<PropertyKey, unknown>)[key] === 'function') {
      methods[key] = hooked(key, hook, () => (base as Record<PropertyKey, Method>)[key]!);
    }
  }
  if (Reflect.ownKeys(methods).length === 0) return null;
  const prototype = inheriting(base, methods);
  known.set(base, prototype);
  return prototype;
}

/** Replaces the methods that are own properties; returns what puts each of them back. */
function hookOwn(object: object, hooks: Hooks, watch: Watch): Array<() => void> {
  const undo: Array<() => void> = [];
  for (const key of Reflect.ownKeys(hooks)) {
    const hook = hooks[key]!;
    if (typeof hook !== 'function') continue;
    const before = Object.getOwnPropertyDescriptor(object, key);
    if (typeof before?.value !== 'function' || !(before.configurable || before.writable)) continue;
    const original = before.value as Method;
    const value = function (this: unknown, ...args: unknown[]): unknown {
      return hook(watch, original, this as object, args);
    };
    Object.defineProperties(value, {
      name: { value: original.name, configurable: true },
      length: { value: original.length, configurable: true },
    });
    Object.defineProperty(object, key, { ...before, value });
    undo.push(() => {
      // The application may have put another method there.
      if (Object.getOwnPropertyDescriptor(object, key)?.value === value)
        Object.defineProperty(object, key, before);
    });
  }
  return undo;
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

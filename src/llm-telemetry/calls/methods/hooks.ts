import { inheriting } from '../../wire/streams/observed-stream.js';
import { createStamp } from '../../wire/stamp.js';
import type { Watch } from './watch.js';

/**
 * Hooks on methods and getters of one object: its prototype is swapped for one that inherits from it, so that the object
 * keeps its identity and its own properties, and `instanceof` and private fields work. A method that is an own property is
 * replaced in place, with the same attributes. Both are undone when the watch ends.
 */

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
export function watchOf(object: object): Watch | undefined {
  return watches.of(object);
}

/**
 * Puts hooks on an object. Returns a function that takes them off, or `null` if the object cannot be hooked: it is frozen,
 * or has none of the methods.
 */
export function hook(object: object, hooks: Hooks, watch: Watch): (() => void) | null {
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

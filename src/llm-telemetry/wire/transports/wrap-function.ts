import { types } from 'node:util';

type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/**
 * Wraps a function: the wrapper runs `call` and has the name, length, prototype chain and own properties of `original`.
 * An ordinary function is wrapped by an ordinary function, because a proxy costs more per call. Any other function
 * (with own properties, a proxy, frozen) is wrapped by a proxy that reads and writes properties on `original`.
 */
export function wrapFunction<T extends AnyFunction>(
  original: T,
  call: (self: unknown, args: Parameters<T>) => unknown,
): T {
  const descriptors = ordinaryDescriptors(original);
  if (descriptors === null)
    return new Proxy(original, { apply: (_original, self, args: Parameters<T>) => call(self, args) });
  const wrapper = descriptors['prototype'] ? withPrototype(call) : withoutPrototype(call);
  Object.defineProperties(wrapper, descriptors);
  const prototype = Object.getPrototypeOf(original) as object | null;
  if (prototype !== Function.prototype) Object.setPrototypeOf(wrapper, prototype);
  return wrapper as unknown as T;
}

type Call<T extends AnyFunction> = (self: unknown, args: Parameters<T>) => unknown;

function withPrototype<T extends AnyFunction>(call: Call<T>): AnyFunction {
  return function (this: unknown, ...args: Parameters<T>) {
    return call(this, args);
  } as AnyFunction;
}

/** Arrow functions, methods, async functions and bound functions have no `prototype`. */
function withoutPrototype<T extends AnyFunction>(call: Call<T>): AnyFunction {
  const { method } = {
    method(this: unknown, ...args: Parameters<T>) {
      return call(this, args);
    },
  };
  return method as AnyFunction;
}

/** Returns the own properties of a function if it has only the standard ones; `null` otherwise. */
function ordinaryDescriptors(original: AnyFunction): Record<string, PropertyDescriptor> | null {
  if (types.isProxy(original) || !Object.isExtensible(original)) return null;
  const descriptors = Object.getOwnPropertyDescriptors(original) as unknown as Record<
    string,
    PropertyDescriptor
  >;
  const isOrdinary = Reflect.ownKeys(descriptors).every(
    (key) => ORDINARY.has(key) && 'value' in descriptors[key as string]!,
  );
  return isOrdinary ? descriptors : null;
}

const ORDINARY: ReadonlySet<string | symbol> = new Set(['name', 'length', 'prototype']);

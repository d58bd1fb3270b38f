import { types } from 'node:util';

/**
 * Reads objects of the application without side effects: no getter, proxy trap, iterator or conversion of theirs runs.
 * What cannot be read twice is `UNREADABLE`.
 */
export const UNREADABLE: unique symbol = Symbol('unreadable');

/** Returns whether an operation on `object` could run a proxy trap. */
export function hasProxy(object: object): boolean {
  // `Object.prototype` is none, and nothing can be put behind it.
  for (
    let holder: object | null = object;
    holder !== null && holder !== Object.prototype;
    holder = prototypeOf(holder)
  )
    if (types.isProxy(holder)) return true;
  return false;
}

/**
 * Returns the value of a property, inherited ones included; `UNREADABLE` for an accessor. Getters of the platform's
 * `Request` are called: they have no side effects. `object` must have no proxy in its prototype chain.
 */
export function valueOf(object: object, key: PropertyKey): unknown {
  for (let holder: object | null = object; holder !== null; holder = prototypeOf(holder)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor === undefined) continue;
    if (descriptor.get === undefined && descriptor.set === undefined) return descriptor.value;
    return isPrototypeOfRequests(holder) ? call(descriptor.get, object) : UNREADABLE;
  }
  return undefined;
}

/** Returns the URL of the first argument of `fetch`; `null` if it cannot be read. */
export function urlOf(input: unknown): string | null {
  if (typeof input === 'string') return input;
  if (typeof input !== 'object' || input === null || hasProxy(input)) return null;
  // `fetch` converts it to a string: an overridden `toString` is the application's code.
  if (isConvertedBy(input, URL.prototype)) return stringOr(null, call(hrefOf, input));
  if (isConvertedBy(input, String.prototype)) return stringOr(null, call(textOf, input));
  const request = requestOf(input);
  return request && stringOr(null, request('url'));
}

/**
 * Returns a reader of the properties that `fetch` uses of a `Request`, whatever a subclass overrides; `null` for anything
 * else. The `Request` of another realm or of the npm package undici is recognized by its prototype.
 */
export function requestOf(input: unknown): ((key: keyof Request) => unknown) | null {
  if (typeof input !== 'object' || input === null || hasProxy(input)) return null;
  for (let holder: object | null = input; holder !== null; holder = prototypeOf(holder)) {
    if (!isPrototypeOfRequests(holder)) continue;
    const prototype = holder;
    return (key) => call(Object.getOwnPropertyDescriptor(prototype, key)?.get, input);
  }
  return null;
}

/** Returns the text of a request body; `null` if it is not text, or is consumed by reading it. */
export function textOfBody(body: unknown): string | null {
  if (typeof body === 'string') return body;
  if (!types.isUint8Array(body)) return null;
  // The platform reads these properties, which an application can override: the bytes themselves cannot be.
  const buffer = call(bufferOf, body);
  // Refused if the memory has been transferred.
  const bytes = call(Buffer.from, Buffer, buffer, call(byteOffsetOf, body), call(byteLengthOf, body));
  return Buffer.isBuffer(bytes) ? bytes.toString('utf8') : null;
}

/** Returns whether a signal is aborted, and why. */
export function abortOf(signal: AbortSignal | undefined): { readonly reason: unknown } | null {
  if (signal === undefined || call(getterOf(AbortSignal.prototype, 'aborted'), signal) !== true) return null;
  return { reason: call(getterOf(AbortSignal.prototype, 'reason'), signal) };
}

/** Returns whether `object` was made by a class whose prototype is `prototype`, or by a subclass. Runs no code of it. */
export function isInstanceOf(object: unknown, prototype: object): object is object {
  return (
    typeof object === 'object' && object !== null && !hasProxy(object) && inherits.call(prototype, object)
  );
}

/** Calls a function of the platform; `UNREADABLE` if it refuses the receiver. */
export function call(method: unknown, receiver: unknown, ...args: readonly unknown[]): unknown {
  try {
    return typeof method === 'function' ? (Reflect.apply(method, receiver, args) as unknown) : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

export function stringOr<T>(otherwise: T, value: unknown): string | T {
  return typeof value === 'string' ? value : otherwise;
}

function isPrototypeOfRequests(holder: object): boolean {
  return (
    Object.getOwnPropertyDescriptor(holder, Symbol.toStringTag)?.value === 'Request' &&
    Object.getOwnPropertyDescriptor(holder, 'url')?.get !== undefined
  );
}

/** Whether `String(object)` is what the platform's class makes of it. */
function isConvertedBy(object: object, prototype: object): boolean {
  for (let holder: object | null = object; holder !== null; holder = prototypeOf(holder)) {
    if (holder === prototype) return true;
    if (Object.hasOwn(holder, 'toString') || Object.hasOwn(holder, Symbol.toPrimitive)) return false;
  }
  return false;
}

function prototypeOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}

function getterOf(prototype: object, key: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(prototype, key)?.get;
}

const inherits = Object.getOwnPropertyDescriptor(Object.prototype, 'isPrototypeOf')!.value as (
  object: unknown,
) => boolean;
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const bufferOf = getterOf(typedArray, 'buffer');
const byteOffsetOf = getterOf(typedArray, 'byteOffset');
const byteLengthOf = getterOf(typedArray, 'byteLength');
const hrefOf = getterOf(URL.prototype, 'href');
const textOf: unknown = Object.getOwnPropertyDescriptor(String.prototype, 'valueOf')?.value;

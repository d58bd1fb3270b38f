import { types } from 'node:util';

/**
 * Marks a value that cannot be read without side effects. The functions of this module read the application's objects
 * without running their getters, proxy traps, iterators or conversions.
 */
export const UNREADABLE: unique symbol = Symbol('unreadable');

/** Returns whether an operation on `object` could run a proxy trap. */
export function hasProxy(object: object): boolean {
  // `Object.prototype` is not a proxy, and its own prototype is always null.
  for (
    let holder: object | null = object;
    holder !== null && holder !== Object.prototype;
    holder = prototypeOf(holder)
  )
    if (types.isProxy(holder)) return true;
  return false;
}

/**
 * Returns the value of an own or inherited property; `UNREADABLE` for an accessor. Getters of the platform's `Request`
 * are called, because they have no side effects. `object` must have no proxy in its prototype chain.
 */
export function valueOf(object: object, key: PropertyKey): unknown {
  for (let holder: object | null = object; holder !== null; holder = prototypeOf(holder)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor === undefined) continue;
    if (descriptor.get === undefined && descriptor.set === undefined) return descriptor.value;
    return isPrototypeOfRequests(holder) ? tryCall(descriptor.get, object) : UNREADABLE;
  }
  return undefined;
}

/** Returns the URL of the first argument of `fetch`; `null` if it cannot be read. */
export function urlOf(input: unknown): string | null {
  if (typeof input === 'string') return input;
  if (typeof input !== 'object' || input === null || hasProxy(input)) return null;
  // `fetch` converts it to a string: an overridden `toString` is the application's code.
  if (isConvertedBy(input, URL.prototype)) return stringOr(null, tryCall(hrefOf, input));
  if (isConvertedBy(input, String.prototype)) return stringOr(null, tryCall(textOf, input));
  const request = requestOf(input);
  return request && stringOr(null, request('url'));
}

/**
 * Returns a getter for the properties of a `Request` that ignores overrides of a subclass, as `fetch` does; `null` for
 * any other value. The `Request` of another realm or of the npm package undici is recognized by its prototype.
 */
export function requestOf(input: unknown): ((key: keyof Request) => unknown) | null {
  if (typeof input !== 'object' || input === null || hasProxy(input)) return null;
  for (let holder: object | null = input; holder !== null; holder = prototypeOf(holder)) {
    if (!isPrototypeOfRequests(holder)) continue;
    const prototype = holder;
    return (key) => tryCall(Object.getOwnPropertyDescriptor(prototype, key)?.get, input);
  }
  return null;
}

/** Returns the text of a request body; `null` if it is not text, or if reading would consume it. */
export function textOfBody(body: unknown): string | null {
  if (typeof body === 'string') return body;
  if (types.isAnyArrayBuffer(body)) return textOfBytes(body);
  if (!ArrayBuffer.isView(body)) return null;
  // An application can override these properties, so the platform's own getters are called.
  const [bufferOf, byteOffsetOf, byteLengthOf] = types.isDataView(body) ? DATA_VIEW : TYPED_ARRAY;
  return textOfBytes(tryCall(bufferOf, body), tryCall(byteOffsetOf, body), tryCall(byteLengthOf, body));
}

function textOfBytes(...view: readonly unknown[]): string | null {
  // Throws if the buffer is detached.
  const bytes = tryCall(Buffer.from, Buffer, ...view);
  return Buffer.isBuffer(bytes) ? bytes.toString('utf8') : null;
}

/** Returns the reason of an aborted signal; `null` if the signal is not aborted. */
export function abortOf(signal: AbortSignal | undefined): { readonly reason: unknown } | null {
  if (signal === undefined || tryCall(getterOf(AbortSignal.prototype, 'aborted'), signal) !== true)
    return null;
  return { reason: tryCall(getterOf(AbortSignal.prototype, 'reason'), signal) };
}

/** Works like `instanceof`, but runs no code of the application. */
export function isInstanceOf(object: unknown, prototype: object): object is object {
  if (typeof object !== 'object' || object === null || types.isProxy(object)) return false;
  return prototypeOf(object) === prototype || (!hasProxy(object) && inherits.call(prototype, object));
}

/** Calls a function of the platform; returns `UNREADABLE` if it throws, for example for an illegal receiver. */
export function tryCall(method: unknown, receiver: unknown, ...args: readonly unknown[]): unknown {
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

/** Returns whether `String(object)` uses the conversion of the platform's class. */
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
const VIEW_PROPERTIES = ['buffer', 'byteOffset', 'byteLength'] as const;
const TYPED_ARRAY = VIEW_PROPERTIES.map((key) => getterOf(typedArray, key));
const DATA_VIEW = VIEW_PROPERTIES.map((key) => getterOf(DataView.prototype, key));
const hrefOf = getterOf(URL.prototype, 'href');
const textOf: unknown = Object.getOwnPropertyDescriptor(String.prototype, 'valueOf')?.value;

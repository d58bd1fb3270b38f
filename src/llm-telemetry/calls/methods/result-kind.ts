import { types } from 'node:util';
import { branchOf } from '../../wire/streams/observed-stream.js';

/** Classifies results by their shape, without calling methods or reading accessors of the application. */

/**
 * Returns whether a value is a native promise of any realm without own properties: a derived promise can replace it.
 * Symbols are ignored: on Node.js 22, and with async hooks, the runtime adds them to promises (`async_id_symbol`).
 */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return (
    types.isPromise(value) && hasNativePrototype(value) && Object.getOwnPropertyNames(value).length === 0
  );
}

function hasNativePrototype(promise: Promise<unknown>): boolean {
  const prototype = Object.getPrototypeOf(promise) as object | null;
  if (prototype === Promise.prototype) return true;
  // In another realm, `Promise.prototype` directly inherits from the root; a subclass is one level lower.
  if (prototype === null || !Object.hasOwn(prototype, 'then')) return false;
  const root = Object.getPrototypeOf(prototype) as object | null;
  return root !== null && Object.getPrototypeOf(root) === null && root !== Object.prototype;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> & object {
  return isObject(value) && typeof value['then'] === 'function';
}

export function isAsyncGenerator(value: unknown): value is AsyncGenerator {
  return isObject(value) && Object.prototype.toString.call(value) === '[object AsyncGenerator]';
}

export function isGenerator(value: unknown): value is Generator {
  return isObject(value) && Object.prototype.toString.call(value) === '[object Generator]';
}

/** Returns whether a value is an RxJS Observable. Duck-typed, since there can be several copies of RxJS. */
export function isObservable(value: unknown): value is object {
  return isObject(value) && typeof value['subscribe'] === 'function' && typeof value['pipe'] === 'function';
}

/** Event stream or runner of an SDK, which works without a consumer and emits `end`. */
export interface EventStreamLike {
  on(event: 'end', listener: () => void): unknown;
  off?(event: 'end', listener: () => void): unknown;
  readonly ended?: unknown;
}

/** Returns whether a value comes from OpenAI's `stream()` or `runTools()`, or Anthropic's `stream()`. Duck-typed. */
export function isEventStream(value: unknown): value is EventStreamLike {
  return (
    isObject(value) &&
    typeof value['on'] === 'function' &&
    typeof value['done'] === 'function' &&
    typeof value['abort'] === 'function'
  );
}

/** Kinds of results that do their work while they are consumed. */
export type LazyKind = 'generator' | 'observable' | 'readable' | 'stream' | 'iterable';

export function lazyKindOf(value: unknown): LazyKind | null {
  if (!isObject(value) || isEventStream(value)) return null;
  const result: unknown = value;
  if (isAsyncGenerator(result) || isGenerator(result)) return 'generator';
  if (isObservable(result)) return 'observable';
  if (isNodeStream(value))
    return typeof value['_read'] === 'function' && !value['destroyed'] && !value['readableEnded']
      ? 'readable'
      : null;
  // Native methods reject a proxy as receiver.
  if (result instanceof ReadableStream) return types.isProxy(result) || branchOf(result) ? null : 'stream';
  // Responses of `fetch` and those that the application created from a stream look alike, so neither is changed.
  if (result instanceof Response) return null;
  return typeof value[Symbol.asyncIterator] === 'function' ? 'iterable' : null;
}

/** Maximum number of members that are inspected. */
const MAX_MEMBERS = 64;

/**
 * Returns the lazy parts of a result: the result itself, the members of a plain object or array, or the stream of Nest's
 * `StreamableFile`.
 */
export function lazyParts(value: unknown): Array<readonly [object, LazyKind]> {
  const parts: Array<readonly [object, LazyKind]> = [];
  const add = (part: unknown): void => {
    const kind = lazyKindOf(part);
    if (kind !== null) parts.push([part as object, kind]);
  };
  add(value);
  if (parts.length === 0) for (const member of membersOf(value)) add(member);
  return parts;
}

/**
 * Returns whether a response body can still be read through `value`: a `Response`, a stream, an SDK's stream object, or an
 * object that contains one of these (`{ data, response }`).
 */
export function isStreamLike(value: unknown): boolean {
  if (!isObject(value)) return false;
  return isReadable(value) || membersOf(value).some((member) => isObject(member) && isReadable(member));
}

function membersOf(value: unknown): unknown[] {
  if (!isObject(value)) return [];
  if (Array.isArray(value)) return value.slice(0, MAX_MEMBERS);
  if (typeof value['getStream'] === 'function') return [dataProperty(value, 'stream')];
  if (Object.getPrototypeOf(value) !== Object.prototype) return [];
  const members: unknown[] = [];
  for (const key in value) {
    if (members.length === MAX_MEMBERS) break;
    members.push(dataProperty(value, key));
  }
  return members;
}

function dataProperty(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

function isNodeStream(value: Record<PropertyKey, unknown>): boolean {
  return typeof value['pipe'] === 'function' && typeof value['on'] === 'function';
}

function isReadable(value: Record<PropertyKey, unknown>): boolean {
  return (
    value instanceof Response ||
    value instanceof ReadableStream ||
    typeof value[Symbol.asyncIterator] === 'function' ||
    typeof value['getReader'] === 'function' ||
    isNodeStream(value) ||
    typeof value['then'] === 'function'
  );
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

import { types } from 'node:util';
import { branchOf } from '../../wire/streams/observed-stream.js';

/** Recognizes the kinds of results by their shape. Nothing is called, and no accessor of the application is read. */

/** A promise of the platform, of any realm, without properties of its own: a derived one can stand for it. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return types.isPromise(value) && hasNativePrototype(value) && Reflect.ownKeys(value).length === 0;
}

function hasNativePrototype(promise: Promise<unknown>): boolean {
  const prototype = Object.getPrototypeOf(promise) as object | null;
  if (prototype === Promise.prototype) return true;
  // Of another realm: right above the root of its objects, where a subclass is one level lower.
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

/** An RxJS Observable, recognized by its shape: there may be several copies of RxJS. */
export function isObservable(value: unknown): value is object {
  return isObject(value) && typeof value['subscribe'] === 'function' && typeof value['pipe'] === 'function';
}

/** The part of an SDK's runner or stream of events that is used: it does its work by itself, and says when it is done. */
export interface EventStreamLike {
  on(event: 'end', listener: () => void): unknown;
  off?(event: 'end', listener: () => void): unknown;
  readonly ended?: unknown;
}

/** OpenAI's `stream()` and `runTools()`, Anthropic's `stream()`: recognised by shape, there may be several copies. */
export function isEventStream(value: unknown): value is EventStreamLike {
  return (
    isObject(value) &&
    typeof value['on'] === 'function' &&
    typeof value['done'] === 'function' &&
    typeof value['abort'] === 'function'
  );
}

/** What does its work while it is consumed. */
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
  // The platform's methods refuse a proxy as their receiver.
  if (result instanceof ReadableStream) return types.isProxy(result) || branchOf(result) ? null : 'stream';
  // A response of `fetch` looks like one that the application made of a stream, so neither is changed.
  if (result instanceof Response) return null;
  return typeof value[Symbol.asyncIterator] === 'function' ? 'iterable' : null;
}

/** How many members of an object are looked at. */
const MAX_MEMBERS = 64;

/**
 * The parts of a result that do their work while they are consumed: the result itself, the members of a plain object or a
 * list, or the stream of Nest's `StreamableFile`.
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
 * Whether a model's answer may still be read through `value`: a `Response`, a stream, an SDK's stream object, or an
 * object that holds one of these (`{ data, response }`).
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

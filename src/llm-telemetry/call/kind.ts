/** What kind of thing a method gave back. All by looking, nothing is called. */

/** A promise of the platform's that nobody has put anything on: a derived one can stand for it. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && value.constructor === Promise && Reflect.ownKeys(value).length === 0;
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

/** The part of an RxJS Observable that is used; recognised by shape, since there may be several copies of RxJS. */
export interface ObservableLike {
  subscribe(...args: unknown[]): { unsubscribe(): void };
  pipe(...operators: unknown[]): unknown;
}

export function isObservable(value: unknown): value is ObservableLike {
  return isObject(value) && typeof value['subscribe'] === 'function' && typeof value['pipe'] === 'function';
}

/** The part of an SDK's runner or stream of events that is used: it does its work by itself, and says when it is done. */
export interface EventStreamLike {
  on(event: 'end', listener: () => void): unknown;
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

/**
 * Whether a model's answer may still be read through `value`: a `Response`, a stream, an SDK's stream object, or an
 * object that holds one of these (`{ data, response }`).
 */
export function isStreamLike(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (isReadable(value)) return true;
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).some((member) => isObject(member) && isReadable(member));
}

function isReadable(value: Record<PropertyKey, unknown>): boolean {
  return (
    value instanceof Response ||
    value instanceof ReadableStream ||
    typeof value[Symbol.asyncIterator] === 'function' ||
    typeof value['getReader'] === 'function' ||
    (typeof value['pipe'] === 'function' && typeof value['on'] === 'function') ||
    typeof value['then'] === 'function'
  );
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

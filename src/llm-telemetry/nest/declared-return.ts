import 'reflect-metadata';
import type { ReturnKind } from '../calls/methods/refused-result.js';

/**
 * The class that a method is declared to return. TypeScript writes it down with "emitDecoratorMetadata", as Nest projects
 * have it; without that, and for interfaces, it is not known.
 */
export function declaredReturn(target: object, key: string | symbol): unknown {
  const type: unknown = Reflect.getMetadata('design:returntype', target, key);
  return type === Object ? undefined : type;
}

/** How a method fails that may not run. A subclass of `Promise` has methods that a plain promise lacks. */
export function returnKindOf(declared: unknown): ReturnKind | undefined {
  if (declared === Promise) return 'promise';
  const prototype = prototypeOf(declared);
  return has(prototype, 'subscribe') && has(prototype, 'pipe') && !has(prototype, 'next')
    ? 'observable'
    : undefined;
}

/** Why `retry` could never run a method again; `undefined` if it can, or if that is not known. */
export function neverRetried(method: unknown, declared: unknown): string | undefined {
  const prototype = prototypeOf(declared);
  if (Object.prototype.toString.call(method) === '[object GeneratorFunction]')
    return 'a generator that is not async cannot wait for another run. Make it async';
  if (declared === Number || declared === String || declared === Boolean)
    return 'a method that returns a plain value cannot wait for another run. Make it async';
  if (
    has(prototype, 'getReader') ||
    has(prototype, 'getStream') ||
    (has(prototype, 'pipe') && has(prototype, '_read'))
  )
    return (
      'a stream that was returned cannot be replaced by that of another run. Return an async generator, or a promise of ' +
      'the stream'
    );
  return undefined;
}

function prototypeOf(type: unknown): object | undefined {
  return typeof type === 'function' ? (type.prototype as object | undefined) : undefined;
}

function has(prototype: object | undefined, method: string): boolean {
  return prototype !== undefined && method in prototype;
}

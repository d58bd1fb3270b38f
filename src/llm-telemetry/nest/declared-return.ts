import 'reflect-metadata';
import type { ReturnKind } from '../calls/methods/refused-result.js';

/**
 * Returns the declared return type of a method. TypeScript emits it if `emitDecoratorMetadata` is set, as in Nest
 * projects; it is `undefined` without that, and for interfaces.
 */
export function declaredReturn(target: object, key: string | symbol): unknown {
  const type: unknown = Reflect.getMetadata('design:returntype', target, key);
  return type === Object ? undefined : type;
}

/** Returns how a refused method fails. Subclasses of `Promise` are excluded: a plain promise lacks their methods. */
export function returnKindOf(declared: unknown): ReturnKind | undefined {
  if (declared === Promise) return 'promise';
  const prototype = prototypeOf(declared);
  return has(prototype, 'subscribe') && has(prototype, 'pipe') && !has(prototype, 'next')
    ? 'observable'
    : undefined;
}

/** Returns why `retry` has no effect on a method; `undefined` if it has, or if that is unknown. */
export function retryProblem(method: unknown, declared: unknown): string | undefined {
  const prototype = prototypeOf(declared);
  if (Object.prototype.toString.call(method) === '[object GeneratorFunction]')
    return 'a synchronous generator cannot be retried. Make it async';
  if (declared === Number || declared === String || declared === Boolean)
    return 'a method that returns a plain value cannot be retried. Make it async';
  if (
    has(prototype, 'getReader') ||
    has(prototype, 'getStream') ||
    (has(prototype, 'pipe') && has(prototype, '_read'))
  )
    return 'a returned stream cannot be replaced by a new one. Return an async generator, or a promise of the stream';
  return undefined;
}

function prototypeOf(type: unknown): object | undefined {
  return typeof type === 'function' ? (type.prototype as object | undefined) : undefined;
}

function has(prototype: object | undefined, method: string): boolean {
  return prototype !== undefined && method in prototype;
}

import { hasProxy } from '../readable.js';
import type { HeaderGetter } from './response-head.js';

/** What a `fetch` resolved with, if it has the shape of a `Response`. */
export interface ResponseShape {
  readonly status: number;
  readonly headers: HeaderGetter;
  /** The response, if it has a body that can be observed. `null` for an object that a test made up. */
  readonly observable: Response | null;
  /** It has no body. */
  readonly blank: boolean;
}

/**
 * Recognizes a response by its shape, not by its class: npm undici, another realm and other libraries have a `Response`
 * of their own. `null`: it has no status, or is a proxy.
 */
export function responseOf(answer: unknown): ResponseShape | null {
  if (typeof answer !== 'object' || answer === null || hasProxy(answer)) return null;
  const { status, headers, body } = answer as Partial<Response>;
  if (typeof status !== 'number') return null;
  // Its methods can be replaced by its prototype only if `body` is an accessor of its class.
  const isObservable = typeof body === 'object' && body !== null && !Object.hasOwn(answer, 'body');
  return {
    status,
    headers: headersOf(headers),
    observable: isObservable ? (answer as Response) : null,
    blank: body === null,
  };
}

function headersOf(headers: unknown): HeaderGetter {
  if (typeof headers !== 'object' || headers === null) return NO_HEADERS;
  const { get } = headers as { get?: unknown };
  if (typeof get !== 'function') return NO_HEADERS;
  // What the platform's own `Headers` returns needs no check.
  if (isPlatformHeaders(headers, get)) return headers;
  return {
    get(name) {
      const value: unknown = Reflect.apply(get, headers, [name]);
      return typeof value === 'string' ? value : null;
    },
  };
}

const NO_HEADERS: HeaderGetter = { get: () => null };

function isPlatformHeaders(headers: object, get: unknown): headers is Headers {
  return Object.getPrototypeOf(headers) === Headers.prototype && get === Headers.prototype.get;
}

import { hasProxy } from '../readable.js';
import { isNodeReadable } from './readable-body.js';
import { NO_HEADERS, type HeaderGetter } from '../headers.js';

/** The parts of a value that looks like a `Response`. */
export interface ResponseShape {
  readonly status: number;
  readonly headers: HeaderGetter;
  /** The response if its body can be observed; `null` for example for a plain object of a test. */
  readonly observable: Response | null;
  /** True if the response has no body. */
  readonly blank: boolean;
}

/**
 * Recognizes a response by its shape, because npm undici, other realms and libraries have their own `Response` class.
 * Returns `null` for a proxy or a value without a status.
 */
export function responseOf(response: unknown): ResponseShape | null {
  if (typeof response !== 'object' || response === null || hasProxy(response)) return null;
  const { status, headers: given, body } = response as Partial<Response>;
  if (typeof status !== 'number') return null;
  const headers = headersOf(given);
  // SDKs do not read a body that is announced as empty.
  const blank = body === null || headers.get('content-length') === '0';
  // Swapping the prototype only works if `body` is an accessor of the class. A stream of Node.js is observed itself.
  const isObservable =
    !blank && typeof body === 'object' && (!Object.hasOwn(response, 'body') || isNodeReadable(body));
  return {
    status,
    headers,
    observable: isObservable ? (response as Response) : null,
    blank,
  };
}

function headersOf(headers: unknown): HeaderGetter {
  if (typeof headers !== 'object' || headers === null) return NO_HEADERS;
  const { get } = headers as { get?: unknown };
  if (typeof get !== 'function') return NO_HEADERS;
  // The platform's own `Headers` always returns a string or null.
  if (isPlatformHeaders(headers, get)) return headers;
  return {
    get(name) {
      const value: unknown = Reflect.apply(get, headers, [name]);
      return typeof value === 'string' ? value : null;
    },
  };
}

function isPlatformHeaders(headers: object, get: unknown): headers is Headers {
  return Object.getPrototypeOf(headers) === Headers.prototype && get === Headers.prototype.get;
}

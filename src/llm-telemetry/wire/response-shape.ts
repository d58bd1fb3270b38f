import { hasProxy } from './readable.js';
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
  const { status, headers } = answer as Partial<Response>;
  if (typeof status !== 'number') return null;
  return {
    status,
    headers: headersOf(headers),
    observable: isObservable(answer) ? answer : null,
    blank: 'body' in answer && answer.body === null,
  };
}

function headersOf(headers: unknown): HeaderGetter {
  if (typeof headers !== 'object' || headers === null || !('get' in headers)) return NO_HEADERS;
  const { get } = headers;
  if (typeof get !== 'function') return NO_HEADERS;
  return {
    get(name) {
      const value: unknown = Reflect.apply(get, headers, [name]);
      return typeof value === 'string' ? value : null;
    },
  };
}

const NO_HEADERS: HeaderGetter = { get: () => null };

/** Its methods can be replaced by its prototype: `body` is an accessor of its class. */
function isObservable(answer: object): answer is Response {
  if (Object.hasOwn(answer, 'body')) return false;
  return 'body' in answer && typeof answer.body === 'object' && answer.body !== null;
}

import { types } from 'node:util';
import type { HeaderGetter } from '../headers.js';
import { tryCall, hasProxy, isInstanceOf, stringOr, UNREADABLE, valueOf } from '../readable.js';

/** The headers of a request, as far as they can be read without consuming them. */
export interface RequestHeaders extends HeaderGetter {
  /** True if all headers could be read. */
  readonly complete: boolean;
}

/**
 * Reads the headers of a `fetch` if they can be read twice: `Headers`, arrays and maps of strings, and objects of
 * strings. Iterators are consumed by reading, and getters and proxies can have side effects, so these are not read.
 *
 * Source: Fetch Standard, “HeadersInit”; Web IDL, “record” and “sequence”.
 */
export function readRequestHeaders(headers: unknown): RequestHeaders {
  if (headers === undefined || headers === null) return NONE;
  if (isInstanceOf(headers, Headers.prototype)) return fromHeaders(headers);
  if (headers === UNREADABLE || typeof headers !== 'object' || hasProxy(headers)) return UNKNOWN;
  const iterate = valueOf(headers, Symbol.iterator);
  if (iterate === undefined) return fromRecord(headers);
  if (Array.isArray(headers)) return hasIteratorOfArrays(iterate) ? fromPairs(headers) : UNKNOWN;
  if (types.isMap(headers) && iterate === Map.prototype[Symbol.iterator])
    return fromPairs(Array.from(Map.prototype.entries.call(headers)));
  return UNKNOWN;
}

const NONE: RequestHeaders = { get: () => null, complete: true };
const UNKNOWN: RequestHeaders = { get: () => null, complete: false };

function fromHeaders(headers: object): RequestHeaders {
  // `fetch` sends the iterated headers, which a subclass can change.
  if (valueOf(headers, Symbol.iterator) !== Headers.prototype[Symbol.iterator]) return UNKNOWN;
  return new PlatformHeaders(headers, intrinsics().get);
}

class PlatformHeaders implements RequestHeaders {
  readonly complete = true;

  constructor(
    private readonly headers: object,
    private readonly getter: unknown,
  ) {}

  get(name: string): string | null {
    return stringOr(null, tryCall(this.getter, this.headers, name));
  }
}

/** Returns the original methods of `Headers`. Loaded on first use, because the platform loads `fetch` lazily. */
function intrinsics(): { readonly get: unknown } {
  if (known?.prototype !== Headers.prototype)
    known = { prototype: Headers.prototype, get: valueOf(Headers.prototype, 'get') };
  return known;
}
let known: { readonly prototype: object; readonly get: unknown } | null = null;

function fromRecord(headers: object): RequestHeaders {
  const found = new CollectedHeaders();
  for (const name of Object.getOwnPropertyNames(headers)) {
    const descriptor = Object.getOwnPropertyDescriptor(headers, name)!;
    if (descriptor.enumerable) found.add(name, 'value' in descriptor ? descriptor.value : UNREADABLE);
  }
  return found;
}

function fromPairs(pairs: readonly unknown[]): RequestHeaders {
  const found = new CollectedHeaders();
  for (let index = 0; index < pairs.length; index++) {
    const pair = elementOf(pairs, index);
    const isArray = typeof pair === 'object' && pair !== null && !hasProxy(pair) && Array.isArray(pair);
    if (isArray && hasIteratorOfArrays(valueOf(pair, Symbol.iterator)))
      found.add(elementOf(pair, 0), elementOf(pair, 1));
    else found.complete = false;
  }
  return found;
}

function elementOf(array: readonly unknown[], index: number): unknown {
  return valueOf(array, String(index));
}

function hasIteratorOfArrays(iterate: unknown): boolean {
  return iterate === Array.prototype[Symbol.iterator];
}

class CollectedHeaders implements RequestHeaders {
  complete = true;
  private readonly found = new Map<string, string>();

  get(name: string): string | null {
    return this.found.get(name) ?? null;
  }

  /** Only accepts primitives: converting an object to a string may run code of the application. */
  add(name: unknown, value: unknown): void {
    if (typeof name === 'string' && isPrimitive(value)) this.found.set(name.toLowerCase(), String(value));
    else this.complete = false;
  }
}

function isPrimitive(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

import { hasProxy, isInstanceOf, requestOf, UNREADABLE, valueOf } from '../readable.js';
import { readRequestHeaders, type RequestHeaders } from './request-headers.js';

/** The arguments of a `fetch`, as far as they can be read without side effects. */
export interface FetchArguments {
  /** `null` if unknown. */
  readonly method: string | null;
  readonly headers: RequestHeaders;
  /** The body as given, or `UNREADABLE`. */
  readonly body: unknown;
  /**
   * Weak reference: a signal retains its listeners, and those of an SDK retain the response body.
   */
  readonly signal: WeakRef<AbortSignal> | null;
}

/** Reads the arguments of a `fetch`. `init` takes precedence over a `Request`. */
export function readFetchArguments(input: unknown, init: unknown): FetchArguments {
  const request = typeof input === 'string' ? null : requestOf(input);
  const members = membersOf(init);
  const method = memberOf(members, 'method') ?? (request ? request('method') : 'GET');
  const headers = memberOf(members, 'headers') ?? request?.('headers');
  // `null` removes the signal of a `Request`.
  let signal = memberOf(members, 'signal');
  if (signal === undefined && request !== null) signal = request('signal');
  return {
    method: typeof method === 'string' ? method : null,
    headers: readRequestHeaders(headers),
    body: memberOf(members, 'body'),
    signal: isInstanceOf(signal, AbortSignal.prototype) ? new WeakRef(signal as AbortSignal) : null,
  };
}

/** `null` if there is no `init`. */
type Members = object | typeof UNREADABLE | null;

function membersOf(init: unknown): Members {
  if (init === undefined || init === null) return null;
  return (typeof init !== 'object' && typeof init !== 'function') || hasProxy(init) ? UNREADABLE : init;
}

function memberOf(members: Members, name: string): unknown {
  if (members === null) return undefined;
  return members === UNREADABLE ? UNREADABLE : valueOf(members as object, name);
}

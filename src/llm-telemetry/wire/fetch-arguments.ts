import { hasProxy, isInstanceOf, requestOf, UNREADABLE, valueOf } from './readable.js';
import { readRequestHeaders, type RequestHeaders } from './request-headers.js';

/** What a call of `fetch` sends, as far as it can be read without side effects. */
export interface FetchArguments {
  /** `null`: unknown. */
  readonly method: string | null;
  readonly headers: RequestHeaders;
  /** The body as given, or `UNREADABLE`. */
  readonly body: unknown;
  /**
   * Held weakly: a signal holds its listeners, and those of an SDK hold the body that the application reads or has
   * dropped.
   */
  readonly signal: WeakRef<AbortSignal> | null;
}

/** Reads the arguments of a `fetch`. `init` takes precedence over a `Request`. */
export function readFetchArguments(input: unknown, init: unknown): FetchArguments {
  const request = requestOf(input);
  const given = membersOf(init);
  const method = given('method') ?? (request ? request('method') : 'GET');
  const headers = given('headers') ?? request?.('headers');
  // `null` takes away the signal of a `Request`.
  let signal = given('signal');
  if (signal === undefined) signal = request?.('signal');
  return {
    method: typeof method === 'string' ? method : null,
    headers: readRequestHeaders(headers),
    body: given('body'),
    signal: isInstanceOf(signal, AbortSignal.prototype) ? new WeakRef(signal as AbortSignal) : null,
  };
}

function membersOf(init: unknown): (name: string) => unknown {
  if (init === undefined || init === null) return NOTHING;
  if ((typeof init !== 'object' && typeof init !== 'function') || hasProxy(init)) return UNKNOWN;
  return (name) => valueOf(init, name);
}

const NOTHING = (): undefined => undefined;
const UNKNOWN = (): typeof UNREADABLE => UNREADABLE;

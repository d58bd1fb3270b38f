import { Exchange, type ExchangeObserver } from './exchange.js';
import { guard, inside, reportFault } from './guard.js';
import { formatOf, readModelRequest } from './model-request.js';
import { observeResponse } from './observed-response.js';
import { readResponseHead } from './response-head.js';
import { currentObserver, sharedWire } from './shared-wire.js';
import { askForUsage } from './stream-usage/ask-for-usage.js';
import { hideUsage } from './stream-usage/hide-usage.js';

type Fetch = typeof globalThis.fetch;

/** Whom a request belongs to, asked when it is made. */
type ObserverNow = () => ExchangeObserver | undefined;

/**
 * Returns a `fetch` that reports model requests and their responses to the observer of the context they are made in.
 * The caller receives what `fetch` returns: the same response object, the same errors, at the same time. Own
 * properties of `fetch` (the `mock` of a test double, a library's settings) are available on the result.
 */
export function tapFetch(fetch: Fetch, observerNow: ObserverNow = currentObserver): Fetch {
  const tapped = function (
    this: unknown,
    input: Parameters<Fetch>[0],
    init?: RequestInit,
  ): Promise<Response> {
    let exchange: Exchange | null = null;
    try {
      exchange = beginExchange(observerNow, input, init);
    } catch (error) {
      reportFault('reading a request', error);
    }
    if (exchange === null) return fetch.call(this as undefined, input, init);
    const asking = exchange.includeStreamUsage ? asked(exchange, init) : null;
    return send(exchange, () => fetch.call(this as undefined, input, asking ?? init), asking !== null);
  };
  Object.defineProperty(tapped, 'name', { value: fetch.name, configurable: true });
  Object.defineProperty(tapped, 'length', { value: fetch.length, configurable: true });
  const tap = Reflect.ownKeys(fetch).every((key) => FUNCTION_KEYS.has(key))
    ? tapped
    : new Proxy(fetch, { apply: (_fetch, self, args) => Reflect.apply(tapped, self, args) });
  taps.add(tap);
  return tap;
}

/** Returns whether a function is the result of `tapFetch`, of any copy of the library in this process. */
export function isTap(fetch: Fetch): boolean {
  return taps.has(fetch);
}

const taps = (sharedWire.taps ??= new WeakSet());

/** The own properties that every function can have. */
const FUNCTION_KEYS: ReadonlySet<string | symbol> = new Set(['name', 'length', 'prototype']);

function beginExchange(
  observerNow: ObserverNow,
  input: Parameters<Fetch>[0],
  init: RequestInit | undefined,
): Exchange | null {
  const format = formatOf(input);
  if (format === null) return null;
  const observer = observerNow();
  if (!observer || sharedWire.contexts.getStore()?.sending) return null;
  const request = readModelRequest(format, input, init);
  if (request === null) return null;
  const exchange = new Exchange(request);
  exchange.listener = observer.begin(exchange);
  return exchange.listener === null ? null : exchange;
}

function asked(exchange: Exchange, init: RequestInit | undefined): RequestInit | null {
  return guard('asking for usage', () => askForUsage(exchange.request, init)) ?? null;
}

/** `hidesUsage`: the answer will say what the application has not asked for. */
function send(exchange: Exchange, fetch: () => Promise<Response>, hidesUsage: boolean): Promise<Response> {
  let response: Promise<Response>;
  try {
    response = runWithin(exchange, fetch);
  } catch (error) {
    exchange.end('failed', error);
    throw error;
  }
  return response.then(
    (answer) => {
      try {
        beginAnswer(exchange, answer);
      } catch (error) {
        reportFault('reading a response', error);
        exchange.end('finished');
      }
      if (hidesUsage && exchange.eventStream) guard('hiding usage', () => hideUsage(answer));
      return answer;
    },
    (error: unknown) => {
      exchange.lastActivityAt = performance.now();
      exchange.end('failed', error);
      throw error;
    },
  );
}

/** Sends the request in its listener's context, marked as being sent. */
function runWithin(exchange: Exchange, fetch: () => Promise<Response>): Promise<Response> {
  const context = { ...sharedWire.contexts.getStore(), sending: true as const };
  return inside('entering the context of a request', exchange.listener!, () =>
    sharedWire.contexts.run(context, fetch),
  );
}

function beginAnswer(exchange: Exchange, response: Response): void {
  exchange.respondedAt = exchange.lastActivityAt = performance.now();
  const { rateLimitHeaders = NO_HEADERS } = exchange.request.format;
  exchange.head = readResponseHead(response.status, response.headers, rateLimitHeaders);
  if (!(response instanceof Response) || response.body === null) {
    exchange.touched = true;
    exchange.blank = response.body === null;
    exchange.end('finished');
    return;
  }
  observeResponse(response, exchange);
}

const NO_HEADERS: readonly string[] = [];

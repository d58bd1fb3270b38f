import { Exchange, type ExchangeObserver } from '../exchanges/exchange.js';
import { guard, runGuarded, reportFault } from '../guard.js';
import { LOOK_ALIKE, plainUrl, readModelRequest, type RequestReading } from '../exchanges/model-request.js';
import { observeResult, type ResultObserver } from './observed-result.js';
import { refusedResponse } from './refused-response.js';
import { receiveHead } from './received-head.js';
import { responseOf } from './response-shape.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { readFetchArguments } from '../exchanges/fetch-arguments.js';
import { batchObserverOf } from '../batches/batch-observer.js';
import { batchRouteOf, mayBeBatch } from '../batches/batch-routes.js';
import { loadAtStart } from '../exchanges/load-at-start.js';
import { currentObserver, sharedWire } from '../exchanges/shared-wire.js';
import { urlOf } from '../readable.js';
import { mayBeObserved } from './observed-urls.js';
import { bodyReaderOf, type BodyReader } from './request-body.js';
import { wrapFunction } from './wrap-function.js';

type Fetch = typeof globalThis.fetch;

const responseCode = loadAtStart(() => import('./observed-response.js'));
const batchCode = loadAtStart(() => import('../batches/batch-exchange.js'));
const streamUsageCode = loadAtStart(async () => {
  const [{ requestStreamUsage }, { hideUsage }] = await Promise.all([
    import('../streams/usage/request-stream-usage.js'),
    import('../streams/usage/hide-usage.js'),
  ]);
  return { requestStreamUsage, hideUsage };
});

/** Returns the observer of a request at the time it is made. */
export type ObserverNow = () => ExchangeObserver | undefined;

/**
 * Wraps `fetch` to report model requests and their responses to the observer of the current context. The caller
 * receives the response object and the errors of `fetch`, unchanged and without delay. Own properties of `fetch` (the
 * `mock` of a test double, settings of a library) are available on the wrapper.
 */
export function tapFetch(fetch: Fetch, observerNow: ObserverNow = currentObserver): Fetch {
  const tap = wrapFunction(fetch, (self, args) => {
    let begun: Exchange | LateExchange | typeof LOOK_ALIKE | null = null;
    try {
      begun = beginExchange(observerNow, args[0], args[1]);
    } catch (error) {
      reportFault('reading a request', error);
    }
    if (begun === null) return Reflect.apply(fetch, self, args);
    if (begun === LOOK_ALIKE) return runAsSent(() => Reflect.apply(fetch, self, args));
    if (begun instanceof LateExchange) return begun.send(() => Reflect.apply(fetch, self, args));
    const exchange = begun;
    const { refusal } = exchange.listener!;
    if (refusal !== undefined) return Promise.resolve(refusedResponse(refusal));
    const changedArgs = exchange.includeStreamUsage ? withUsageRequested(exchange, args) : null;
    return send(exchange, () => Reflect.apply(fetch, self, changedArgs ?? args), changedArgs !== null);
  });
  taps.add(tap);
  return tap;
}

/** Returns whether a function was returned by `tapFetch`, of any copy of the library in this process. */
export function isTap(fetch: Fetch): boolean {
  return taps.has(fetch);
}

const taps = (sharedWire.taps ??= new WeakSet());

/** Begins the exchange of a request, described as the arguments of `fetch`; `null` if it is not observed. */
export function beginExchange(
  observerNow: ObserverNow,
  input: unknown,
  init: unknown,
): Exchange | LateExchange | typeof LOOK_ALIKE | null {
  const whole = urlOf(input);
  if (whole === null || !mayBeObserved(whole)) return null;
  const url = plainUrl(whole);
  const format = formatOfPath(url);
  if (format === null) return mayBeBatch(url) ? beginBatch(observerNow, url, input, init) : null;
  const observer = observerNow();
  if (!observer || sharedWire.contexts.getStore()?.sending) return null;
  const request = readModelRequest(format, input, init, observer.hosts);
  if (request === LOOK_ALIKE) return request;
  const readBody = request === null || request.body === null ? bodyReaderOf(input, init) : null;
  const complete = (text: string): RequestReading =>
    readModelRequest(format, input, init, observer.hosts, text);
  if (request === null) return readBody && new LateExchange(observer, readBody, complete);
  const exchange = new Exchange(request);
  exchange.listener = observer.begin(exchange);
  if (exchange.listener === null) return null;
  if (readBody && exchange.listener.refusal === undefined) completeLater(exchange, readBody, complete);
  return exchange;
}

/** Begins the exchange of a request to a batch API, whose response is observed. */
function beginBatch(observerNow: ObserverNow, url: string, input: unknown, init: unknown): Exchange | null {
  const { method } = readFetchArguments(input, init);
  const route = method && batchRouteOf(method.toUpperCase(), url);
  if (!route || sharedWire.contexts.getStore()?.sending) return null;
  const observer = observerNow();
  const batches = observer && batchObserverOf(observer);
  return batches ? (batchCode()?.beginBatchExchange(route, url, batches, observer.hosts) ?? null) : null;
}

/** Adds the body of a request to its exchange when it is sent. */
function completeLater(
  exchange: Exchange,
  readBody: BodyReader,
  complete: (text: string) => RequestReading,
): void {
  readBody((text) =>
    guard('reading a request', () => {
      const request = text === null ? null : complete(text);
      if (request !== null && request !== LOOK_ALIKE) exchange.completeRequest(request);
    }),
  );
}

/**
 * A request to an unknown host whose body is a stream, a blob or that of a `Request`. Whether it is a model request is
 * decided by its body, which is read while it is sent, so its exchange begins then and cannot be refused. A response that
 * arrives before the body is not observed.
 */
class LateExchange implements ResultObserver {
  private readonly startedAt = performance.now();
  private exchange: Exchange | null = null;
  private isOver = false;

  constructor(observer: ExchangeObserver, readBody: BodyReader, complete: (text: string) => RequestReading) {
    readBody((text) =>
      guard('reading a request', () => {
        const request = text === null || this.isOver ? null : complete(text);
        if (request === null || request === LOOK_ALIKE) return;
        const exchange = new Exchange(request, this.startedAt, false);
        exchange.listener = observer.begin(exchange);
        if (exchange.listener !== null) this.exchange = exchange;
      }),
    );
  }

  send(fetch: () => Promise<Response>): Promise<Response> {
    const result: unknown = runAsSent(fetch);
    return observeResult(result, this) as Promise<Response>;
  }

  fulfilled(result: unknown): void {
    this.observer()?.fulfilled(result);
  }

  rejected(error: unknown): void {
    this.observer()?.rejected(error);
  }

  unobservable(): void {
    this.observer()?.unobservable();
  }

  private observer(): ResultObserver | null {
    this.isOver = true;
    return this.exchange && new SentRequest(this.exchange, false);
  }
}

function withUsageRequested(exchange: Exchange, args: Parameters<Fetch>): Parameters<Fetch> | null {
  const [input, init, ...others] = args;
  const changedInit = guard('requesting stream usage', () =>
    streamUsageCode()?.requestStreamUsage(exchange.request, input, init),
  );
  return changedInit ? [input, changedInit, ...(others as [])] : null;
}

/** @param hidesUsage - the response will contain usage that the application did not request */
function send(exchange: Exchange, fetch: () => Promise<Response>, hidesUsage: boolean): Promise<Response> {
  let result: unknown;
  try {
    result = runWithin(exchange, fetch);
  } catch (error) {
    exchange.end('failed', error);
    throw error;
  }
  return observeResult(result, new SentRequest(exchange, hidesUsage)) as Promise<Response>;
}

/** Ends an exchange according to the result of its `fetch`. */
class SentRequest implements ResultObserver {
  constructor(
    private readonly exchange: Exchange,
    private readonly hidesUsage: boolean,
  ) {}

  fulfilled(result: unknown): void {
    const { exchange } = this;
    try {
      beginResponse(exchange, result, this.hidesUsage);
    } catch (error) {
      reportFault('reading a response', error);
      exchange.end('finished');
    }
  }

  rejected(error: unknown): void {
    this.exchange.lastActivityAt = performance.now();
    this.exchange.end('failed', error);
  }

  unobservable(): void {
    this.exchange.end('unread');
  }
}

/** Sends the request in its listener's context, marked as `sending`. */
export function runWithin<Result>(exchange: Exchange, fetch: () => Result): Result {
  return runGuarded('entering the context of a request', exchange.listener!, () => runAsSent(fetch));
}

/** Sends a request that is known to the tap, marked as `sending`, so that it is not reported as missed. */
function runAsSent<Result>(fetch: () => Result): Result {
  return sharedWire.contexts.run({ ...sharedWire.contexts.getStore(), sending: true }, fetch);
}

function beginResponse(exchange: Exchange, result: unknown, hidesUsage: boolean): void {
  exchange.respondedAt = exchange.lastActivityAt = performance.now();
  const response = responseOf(result);
  if (response) receiveHead(exchange, response.status, response.headers);
  if (!response?.observable || !responseCode()?.observeResponse(response.observable, exchange)) {
    exchange.touched = true;
    exchange.blank = response?.blank ?? false;
    exchange.end('finished');
  } else if (hidesUsage && exchange.eventStream)
    guard('hiding stream usage', () => streamUsageCode()?.hideUsage(response.observable!));
}

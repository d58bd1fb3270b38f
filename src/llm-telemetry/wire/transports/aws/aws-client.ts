import { Exchange } from '../../exchanges/exchange.js';
import { readRequestHeaders } from '../../exchanges/request-headers.js';
import { currentObserver, sharedWire } from '../../exchanges/shared-wire.js';
import { guard } from '../../guard.js';
import { NO_HEADERS, type HeaderGetter } from '../../headers.js';
import { NotObservableError } from '../../not-observable.error.js';
import { createStamp } from '../../stamp.js';
import type { BodyBranch } from '../../streams/body-reading.js';
import { beginExchange, runWithin, type ObserverNow } from '../fetch-tap.js';
import { receiveHead } from '../received-head.js';
import { observeAwsBody } from './aws-body.js';
import { observeLeaving } from './aws-output.js';
import { observeSignals, signalOf } from './aws-signal.js';

/**
 * A client of the AWS SDK for JavaScript 3, as far as it is used: its middleware stack.
 *
 * @publicApi
 */
export interface AwsClient {
  readonly middlewareStack: { add(...args: never[]): unknown };
}

/**
 * Observes the model requests of an AWS client, on its own middleware stack: one exchange for each try. The innermost
 * middleware of the step `deserialize` is called by the SDK's retries once per try, with the signed request, and gets the
 * raw response, whichever request handler (HTTP/2, `node:http`, `fetch`) sends it. So requests and bodies are read by the
 * same formats and readers as those of `fetch`, and the SDK parses the very body that it received. Requests that are
 * not to models pass unchanged. A client that is observed twice is observed once.
 *
 * Source: AWS SDK for JavaScript developer guide, “Middleware stack”; @smithy/types 4 (`middleware`).
 */
export function observeAwsClient(client: AwsClient, observerNow: ObserverNow = currentObserver): void {
  guard('observing an AWS client', () => {
    const { middlewareStack: stack } = (client ?? {}) as { middlewareStack?: MiddlewareStack };
    if (typeof stack?.add !== 'function')
      throw new NotObservableError('observeAwsClient', 'a client of the AWS SDK for JavaScript 3', client);
    if (taps.has(stack)) return;
    stack.add(sending(observerNow), { ...PLACE, name: 'llmTelemetryRequest', priority: 'low' });
    stack.add(receiving, { ...PLACE, name: 'llmTelemetryOutput', priority: 'high' });
    taps.add(stack);
    observeSignals(client);
  });
}

const taps = (sharedWire.taps ??= new WeakSet());

/** A copy of the client's stack may have the middleware already. */
const PLACE = { step: 'deserialize', override: true } as const;

/** Source: @smithy/types 4 (`MiddlewareStack`, `DeserializeMiddleware`). */
interface MiddlewareStack {
  add(middleware: Middleware, options: object): void;
}
type Middleware = (next: Handler, context: unknown) => Handler;
type Handler = (args: unknown) => Promise<Result>;

interface Result {
  readonly response: unknown;
  readonly output?: unknown;
}

function sending(observerNow: ObserverNow): Middleware {
  return (next, context) => (args) => {
    const exchange = guard('reading a request', () => beginRequest(observerNow, args, context));
    if (!exchange) return next(args);
    const { refusal } = exchange.listener!;
    if (refusal !== undefined) return Promise.resolve({ response: refusedAwsResponse(refusal) });
    return observe(exchange, () => next(args));
  };
}

/** Source: @smithy/types 4 (`HttpRequest`). */
interface AwsRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly headers: unknown;
  readonly body: unknown;
}

function beginRequest(observerNow: ObserverNow, args: unknown, context: unknown): Exchange | null {
  const { request } = args as { request: AwsRequest };
  const { protocol, hostname, port, path, method, headers, body } = request;
  const url = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`;
  const begun = beginExchange(observerNow, url, { method, headers, body, signal: signalOf(context) });
  return begun instanceof Exchange ? begun : null;
}

function observe(exchange: Exchange, send: () => Promise<Result>): Promise<Result> {
  return runWithin(exchange, send).then(
    (result) => {
      guard('reading a response', () => beginResponse(exchange, result.response));
      return result;
    },
    (error: unknown) => {
      exchange.lastActivityAt = performance.now();
      exchange.end(isAbort(error) ? 'aborted' : 'failed', error);
      throw error;
    },
  );
}

function isAbort(error: unknown): boolean {
  return (error as { name?: unknown } | null | undefined)?.name === 'AbortError';
}

/** Branches by response. */
const branches = createStamp<BodyBranch>();

function beginResponse(exchange: Exchange, response: unknown): void {
  exchange.respondedAt = exchange.lastActivityAt = performance.now();
  const { statusCode, headers, body } = response as {
    statusCode?: unknown;
    headers?: unknown;
    body?: unknown;
  };
  const found: HeaderGetter = headers === undefined ? NO_HEADERS : readRequestHeaders(headers);
  if (typeof statusCode === 'number') receiveHead(exchange, statusCode, found);
  const branch = observeAwsBody(body, found, exchange);
  if (branch) branches.put(response as object, branch);
}

/** Observes how the application leaves the stream of an output, which the SDK does not pass on to the body. */
const receiving: Middleware = (next) => (args) =>
  next(args).then((result) => {
    const branch = branches.of(result.response);
    if (branch) guard('observing a stream', () => observeLeaving(result.output, branch));
    return result;
  });

/** Creates the response to a request that must not be sent: the SDK throws it and does not retry it. */
function refusedAwsResponse(message: string): object {
  return {
    statusCode: 402,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'BudgetExceededException' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

import type { ClientRequest, IncomingMessage } from 'node:http';
import { Exchange, type ExchangeObserver } from '../../exchanges/exchange.js';
import { LOOK_ALIKE, modelRequestOf } from '../../exchanges/model-request.js';
import { RequestText } from '../request-text.js';
import type { WireFormat } from '../../formats/format.js';
import { guard } from '../../guard.js';
import type { HeaderGetter } from '../../headers.js';
import { createStamp } from '../../stamp.js';
import { inheriting } from '../../streams/observed-stream.js';
import { receiveHead } from '../received-head.js';
import { abortReasonOf, isAbandonment } from '../abandonment.js';
import { endpointOfRequest, headersOfRequest } from './client-request.js';
import { observeIncoming } from './incoming-body.js';

/** Observes what a request results in. */
export interface ResponseObserver {
  responded(response: IncomingMessage): void;
  /** The request failed. Errors of the response are observed on its body. */
  failed(error: unknown): void;
}

/**
 * A POST of `node:http` to the path of a format. Whether it is a model request is decided when its body is complete, so
 * its exchange begins then.
 */
export class ObservedRequest implements ResponseObserver {
  private readonly startedAt = performance.now();
  /** `null` once the exchange has begun, or the request turned out to be none to a model. */
  private text: RequestText | null = new RequestText();
  private exchange: Exchange | null = null;
  private abandonment: { readonly error: unknown } | null = null;

  constructor(
    private readonly request: ClientRequest,
    private readonly format: WireFormat,
    private readonly observer: ExchangeObserver,
  ) {}

  /** The application wrote a piece of the body. */
  written(piece: unknown, encoding: unknown): void {
    if (typeof piece !== 'function') this.text?.add(piece, encoding);
  }

  /** The request is complete, or ends early with a response or an error. */
  begin(isComplete: boolean): void {
    const { text, request, format } = this;
    if (text === null) return;
    this.text = null;
    const headers = headersOfRequest(request);
    const endpoint = endpointOfRequest(request, headers);
    if (endpoint === null) return;
    const isText = isComplete && isUncompressedJson(headers);
    const body = isText ? text.read() : null;
    const model = modelRequestOf({
      format,
      endpoint,
      headers,
      body,
      signal: null,
      hosts: this.observer.hosts,
    });
    if (model === null || model === LOOK_ALIKE) return;
    const exchange = new Exchange(model, this.startedAt, false);
    exchange.listener = this.observer.begin(exchange);
    if (exchange.listener !== null) this.exchange = exchange;
  }

  responded(response: IncomingMessage): void {
    this.begin(false);
    const { exchange } = this;
    if (exchange === null || exchange.ending !== null) return;
    exchange.respondedAt = exchange.lastActivityAt = performance.now();
    receiveHead(exchange, response.statusCode ?? 0, new IncomingHeaders(response));
    observeIncoming(response, exchange, () => this.abandonment);
  }

  failed(error: unknown): void {
    this.end(isAbandonment(error), error);
  }

  /** The application destroys the request. */
  destroyed(error: unknown): void {
    if (this.abandonment !== null) return;
    this.abandonment = { error: error ?? null };
    this.end(error === undefined || error === null || isAbandonment(error), error);
  }

  private end(isAborted: boolean, error: unknown): void {
    this.begin(false);
    const { exchange } = this;
    if (exchange === null || exchange.respondedAt !== null) return;
    exchange.lastActivityAt = performance.now();
    if (isAborted) exchange.end('aborted', abortReasonOf(error));
    else exchange.end('failed', error);
  }
}

/** Observes a request from its creation. Only its prototype is swapped. */
export function observeRequest(request: ClientRequest, observed: ObservedRequest): void {
  requests.put(request, observed);
  Object.setPrototypeOf(request, observedPrototype(Object.getPrototypeOf(request) as ClientRequest));
}

/** Observes what a request results in, but not its body. */
export function observeOutcome(request: ClientRequest, observer: ResponseObserver): void {
  outcomes.put(request, observer);
}

/** Returns the observer of a request. */
export function responseObserverOf(request: object): ResponseObserver | undefined {
  return requests.of(request) ?? outcomes.of(request);
}

const requests = createStamp<ObservedRequest>();
const outcomes = createStamp<ResponseObserver>();
const prototypes = new WeakMap<object, object>();

type Write = (this: ClientRequest, ...args: unknown[]) => unknown;

function observedPrototype(base: ClientRequest): object {
  const known = prototypes.get(base);
  if (known) return known;
  const write = base.write as unknown as Write;
  const end = base.end as unknown as Write;
  const prototype = inheriting(base, {
    write(this: ClientRequest, ...args: unknown[]) {
      const result = write.apply(this, args);
      const observed = requests.of(this);
      if (observed) guard('reading a request', () => observed.written(args[0], args[1]));
      return result;
    },
    end(this: ClientRequest, ...args: unknown[]) {
      const result = end.apply(this, args);
      const observed = requests.of(this);
      if (observed)
        guard('reading a request', () => {
          observed.written(args[0], args[1]);
          observed.begin(true);
        });
      return result;
    },
    destroy(this: ClientRequest, ...args: [Error?]) {
      const observed = this.destroyed ? undefined : requests.of(this);
      if (observed) guard('reading a request', () => observed.destroyed(args[0]));
      return base.destroy.apply(this, args);
    },
  });
  prototypes.set(base, prototype);
  return prototype;
}

/** Returns whether a body is text: compressed bodies and forms are not read. */
function isUncompressedJson(headers: HeaderGetter): boolean {
  const encoding = headers.get('content-encoding');
  return (
    (encoding === null || encoding === 'identity') && !/^multipart\//i.test(headers.get('content-type') ?? '')
  );
}

/** Headers of a response. */
export class IncomingHeaders implements HeaderGetter {
  constructor(private readonly response: IncomingMessage) {}

  get(name: string): string | null {
    const value = this.response.headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  }
}

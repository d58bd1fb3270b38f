import { AsyncLocalStorage } from 'node:async_hooks';
import { endpointOf, type Endpoint } from '../../dialects/endpoint.js';
import { Exchange } from '../../exchanges/exchange.js';
import { requestWithoutHeaders } from '../../exchanges/model-request.js';
import { currentObserver, sharedWire } from '../../exchanges/shared-wire.js';
import { realtime } from '../../formats/realtime.js';
import { responses } from '../../formats/responses.js';
import type { WireFormat } from '../../formats/format.js';
import { guard } from '../../guard.js';
import { asObject, asString, parseJson, type JsonObject } from '../../json/json-value.js';
import { NotObservableError } from '../../not-observable.error.js';
import { createStamp } from '../../stamp.js';
import { inheriting } from '../../streams/observed-stream.js';
import { runWithin, type ObserverNow } from '../fetch-tap.js';
import { socketObserved } from '../missed-requests.js';
import { receiveHead } from '../received-head.js';
import { NO_HEADERS } from '../../headers.js';
import { listenTo, type ModelSocket } from './socket-events.js';

/** The format of the events of a WebSocket, by the end of its path. */
const FORMATS: ReadonlyArray<readonly [path: string, format: WireFormat]> = [
  ['/responses', responses],
  ['/realtime', realtime],
];

/**
 * Observes the responses that a model sends over a WebSocket: OpenAI's Responses and Realtime. Each response is an exchange.
 * It begins when the client sends `response.create`, or when the server starts a response of its own (voice activity), in
 * the context in which the socket was passed. Only the prototype of the object is swapped, to see what is sent; received
 * events are read by listeners. A socket that is passed twice, and one to another path, is left as it is.
 *
 * Source: OpenAI API reference, “Realtime” and “Responses over WebSocket”; HTML Living Standard, “The WebSocket interface”.
 */
export function observeWebSocket(socket: ModelSocket, observerNow: ObserverNow = currentObserver): void {
  guard('observing a WebSocket', () => {
    if (!isSocket(socket))
      throw new NotObservableError('observeWebSocket', 'a WebSocket, or the wrapper of an SDK', socket);
    if (sockets.of(socket)) return;
    const url = new URL(String(socket.url));
    const endpoint = endpointOf(url.href.replace(/^ws/, 'http'));
    const format = FORMATS.find(([path]) => url.pathname.endsWith(path))?.[1];
    if (endpoint === null || format === undefined) return;
    const model = url.searchParams.get('model') ?? url.searchParams.get('deployment');
    const observed = new ObservedSocket(format, endpoint, model, observerNow);
    sockets.put(socket, observed);
    socketObserved(url.host);
    listenTo(socket, {
      received: (data) => guard('reading a message', () => observed.received(data)),
      closed: () => guard('ending a WebSocket', () => observed.closed()),
    });
    Object.setPrototypeOf(socket, observedPrototype(Object.getPrototypeOf(socket) as ModelSocket));
  });
}

function isSocket(value: unknown): value is ModelSocket {
  return typeof (value as Partial<ModelSocket> | null | undefined)?.send === 'function';
}

const sockets = createStamp<ObservedSocket>();
const prototypes = new WeakMap<object, object>();

function observedPrototype(base: ModelSocket): object {
  const known = prototypes.get(base);
  if (known) return known;
  const methods = {
    send(this: ModelSocket, ...args: [unknown, ...unknown[]]) {
      const send = (): unknown => Reflect.apply(base.send, this, args) as unknown;
      const exchange = guard('reading a message', () => sockets.of(this)?.sending(args[0]));
      return exchange ? runWithin(exchange, send) : send();
    },
    close(this: ModelSocket, ...args: unknown[]) {
      guard('ending a WebSocket', () => sockets.of(this)?.left());
      return Reflect.apply(base.close, this, args) as unknown;
    },
  };
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

/** The responses of one socket. */
class ObservedSocket {
  /** Exchanges whose response has not started, in the order in which they were requested. */
  private readonly pending: Array<{ readonly lane: string | null; readonly exchange: Exchange }> = [];
  /** Exchanges by the id of their response. */
  private readonly active = new Map<string, { readonly lane: string | null; readonly exchange: Exchange }>();
  private readonly inContext = AsyncLocalStorage.snapshot();

  constructor(
    private readonly format: WireFormat,
    private readonly endpoint: Endpoint,
    /** The model of the session. */
    private model: string | null,
    private readonly observerNow: ObserverNow,
  ) {}

  /** Begins the exchange of a request; returns `null` for other messages. */
  sending(data: unknown): Exchange | null {
    const event = eventIn(data);
    if (event?.['type'] !== 'response.create') return null;
    const parameters = asObject(event['response']) ?? event;
    const exchange = this.begin({ model: this.model, ...parameters }, JSON.stringify(parameters));
    if (exchange === null) return null;
    this.pending.push({ lane: laneOf(event), exchange });
    return exchange;
  }

  received(data: unknown): void {
    const event = eventIn(data);
    const type = asString(event?.['type']);
    if (event === null || type === null) return;
    if (type.startsWith('session.')) {
      this.model = asString(asObject(event['session'])?.['model']) ?? this.model;
      return;
    }
    if (type === 'response.created') this.started(event);
    const key = this.keyOf(event);
    const found = key === null ? null : this.active.get(key)!;
    if (found) this.read(type, event, found.exchange, key!);
    // An error before any response has started refuses the oldest request.
    else if (type === 'error') this.read(type, event, this.pending.shift()?.exchange ?? null, null);
  }

  /** The application closes the socket. */
  left(): void {
    this.endAll('left');
  }

  closed(): void {
    this.endAll('cut');
  }

  private started(event: JsonObject): void {
    const response = asObject(event['response']);
    const id = asString(response?.['id']);
    if (response === null || id === null || this.active.size >= MAX_ACTIVE) return;
    const lane = laneOf(event);
    const index = this.pending.findIndex((pending) => pending.lane === lane);
    const requested = index < 0 ? null : this.pending.splice(index, 1)[0]!.exchange;
    const exchange = requested ?? this.inContext(() => this.begin({ model: this.model, ...response }, null));
    if (exchange === null) return;
    exchange.respondedAt = exchange.lastActivityAt = performance.now();
    // The status of the connection: a response has none.
    receiveHead(exchange, SWITCHING_PROTOCOLS, NO_HEADERS);
    exchange.framing = 'sse';
    exchange.touched = true;
    this.active.set(id, { lane, exchange });
  }

  private read(type: string, event: JsonObject, exchange: Exchange | null, key: string | null): void {
    if (exchange === null) return;
    exchange.lastActivityAt = performance.now();
    exchange.firstChunkAt ??= exchange.lastActivityAt;
    this.format.readEvent(JSON.stringify(event), exchange.response, null);
    if (exchange.response.outputChunks > 0) exchange.firstTokenAt ??= exchange.lastActivityAt;
    const isOver = exchange.response.complete || exchange.response.error !== null || type === 'error';
    if (!isOver) return;
    if (key !== null) this.active.delete(key);
    exchange.end(exchange.response.error === null ? 'finished' : 'failed');
  }

  /** Returns the id of the response that an event belongs to: named by the event, by its lane, or the only one. */
  private keyOf(event: JsonObject): string | null {
    const id = asString(asObject(event['response'])?.['id']) ?? asString(event['response_id']);
    if (id !== null) return this.active.has(id) ? id : null;
    const lane = laneOf(event);
    let found: string | null = null;
    for (const [key, active] of this.active) if (active.lane === lane) found = key;
    return found;
  }

  private begin(body: JsonObject, text: string | null): Exchange | null {
    const observer = this.observerNow();
    if (!observer || sharedWire.contexts.getStore()?.sending) return null;
    const { format, endpoint } = this;
    const request = requestWithoutHeaders(
      { format, endpoint, hosts: observer.hosts },
      { ...format.readRequest(body, endpoint.url, NO_HEADERS), stream: true },
      text,
    );
    const exchange = new Exchange(request, performance.now(), false);
    exchange.listener = observer.begin(exchange);
    return exchange.listener === null ? null : exchange;
  }

  private endAll(ending: 'left' | 'cut'): void {
    const all = [...this.active.values(), ...this.pending.splice(0)];
    this.active.clear();
    for (const { exchange } of all)
      exchange.end(exchange.head === null && ending === 'cut' ? 'failed' : ending);
  }
}

/** Bounds the memory for responses that never end. */
const MAX_ACTIVE = 128;
const SWITCHING_PROTOCOLS = 101;

/** The lane of a Responses WebSocket. Source: types of openai 7 (`ResponsesClientEvent.ResponseCreate.stream_id`). */
function laneOf(event: JsonObject): string | null {
  return asString(event['stream_id']);
}

/** Messages are text, bytes of text, or the objects of an SDK's wrapper. */
function eventIn(data: unknown): JsonObject | null {
  if (typeof data === 'string') return asObject(parseJson(data));
  if (Buffer.isBuffer(data)) return asObject(parseJson(data.toString('utf8')));
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? null : asObject(data);
}

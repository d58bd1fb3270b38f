/**
 * A WebSocket (of the platform, of `ws`), or the wrapper of an SDK around one: `OpenAIRealtimeWS`,
 * `OpenAIRealtimeWebSocket` and `ResponsesWS` of openai.
 *
 * @publicApi
 */
export interface ModelSocket {
  readonly url: string | URL;
  send(...args: never[]): unknown;
  close(...args: never[]): unknown;
}

export interface SocketListener {
  /** @param data - the message as received, or the event that a wrapper parsed */
  received(data: unknown): void;
  closed(): void;
}

interface EventTargetLike {
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
}

interface Wrapper {
  on(event: 'event', listener: (event: unknown) => void): unknown;
  readonly socket: EventTargetLike;
}

/** Adds listeners to a socket, or to the wrapper, which keeps its listeners when it reconnects. */
export function listenTo(socket: ModelSocket, listener: SocketListener): void {
  if (isWrapper(socket)) {
    socket.on('event', (event) => listener.received(event));
    closeOf(socket.socket, listener);
    return;
  }
  const target = socket as unknown as EventTargetLike;
  target.addEventListener('message', ({ data }) => listener.received(data));
  closeOf(target, listener);
}

function closeOf(target: EventTargetLike, listener: SocketListener): void {
  if (typeof target.addEventListener === 'function')
    target.addEventListener('close', () => listener.closed());
}

function isWrapper(socket: object): socket is object & Wrapper {
  const { on, socket: inner } = socket as Partial<Wrapper>;
  return typeof on === 'function' && typeof inner === 'object' && inner !== null;
}

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import type { Json } from './model/emulated-api.js';
import type { EmulatedSocketApi, SocketSession } from './model/emulated-socket.js';
import type { SocketClient, SocketResponder } from './socket-responder.js';

/** What the WebSockets of an emulator need from it. */
export interface SocketParts {
  readonly apis: readonly EmulatedSocketApi[];
  readonly responder: SocketResponder;
  /** Returns a new id with a prefix. */
  id(prefix: string): string;
  /** Keeps a request for a response. */
  keep(request: IncomingMessage, path: string, body: Json): void;
}

/** Loads the server of `ws`; `null` if the optional peer dependency is not installed. */
export async function loadSocketServer(): Promise<WebSocketServer | null> {
  try {
    const { WebSocketServer: Server } = await import('ws');
    return new Server({ noServer: true });
  } catch {
    return null;
  }
}

/** The connections of an emulator that use a WebSocket. */
export class Sockets {
  constructor(
    private readonly server: WebSocketServer | null,
    private readonly parts: SocketParts,
  ) {}

  /** Opens a connection, or refuses it with a status. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const api = this.parts.apis.find((candidate) => candidate.matches(path));
    if (!api) return refuse(socket, '404 Not Found', `No WebSocket at ${path}.`);
    if (!this.server)
      return refuse(
        socket,
        '501 Not Implemented',
        'WebSockets of the emulator need ws: install it with `npm i -D ws`.',
      );
    const session = api.open({ query: new URLSearchParams(query), id: (prefix) => this.parts.id(prefix) });
    this.server.handleUpgrade(request, socket, head, (client) =>
      this.connect(session, path, request, client),
    );
  }

  close(): void {
    for (const client of this.server?.clients ?? []) client.terminate();
  }

  private connect(session: SocketSession, path: string, request: IncomingMessage, socket: WebSocket): void {
    const client = clientOf(socket);
    // A broken connection also emits `close`.
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const message = parse(data);
      if (message === null) return;
      const reply = session.receive(message);
      for (const one of reply.messages ?? []) void client.send(one);
      if (reply.request === undefined) return;
      this.parts.keep(request, path, message);
      // An invalid directive (TypeError) has no message of the API.
      this.parts.responder
        .respond(session, path, request.headers, reply, client)
        .catch((error: unknown) => socket.close(INTERNAL_ERROR, (error as Error).message.slice(0, 100)));
    });
    for (const one of session.greeting) void client.send(one);
  }
}

/** Close code. Source: RFC 6455, section 7.4.1. */
const INTERNAL_ERROR = 1011;

function refuse(socket: Duplex, status: string, message: string): void {
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
}

function parse(data: RawData): Json | null {
  try {
    const value: unknown = JSON.parse((data as Buffer).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Json) : null;
  } catch {
    return null;
  }
}

function clientOf(socket: WebSocket): SocketClient {
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  return {
    async send(message) {
      if (!isOpen()) return false;
      socket.send(JSON.stringify(message));
      // A disconnect is only noticed between two turns of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      return isOpen();
    },
    wait: (milliseconds) =>
      new Promise((resolve) => {
        if (milliseconds <= 0 || !isOpen()) return resolve();
        const done = (): void => {
          clearTimeout(timer);
          socket.off('close', done);
          resolve();
        };
        const timer = setTimeout(done, milliseconds);
        socket.once('close', done);
      }),
    untilClosed: () =>
      isOpen() ? new Promise((resolve) => socket.once('close', () => resolve())) : Promise.resolve(),
    destroy: () => socket.terminate(),
  };
}

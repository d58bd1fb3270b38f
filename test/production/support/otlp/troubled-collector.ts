import { EventEmitter, once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Protocol } from './collector.js';
import type { Signal } from './schema.js';

/** Kinds of misbehavior of a Collector. */
export const TROUBLES = ['silence', 'refusal', 'garbage', 'reset', 'flood', 'drip'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** Response over HTTP or gRPC, which may never end. */
interface Reply {
  /** Sends the HTTP status, and for gRPC the status code. */
  head(status: number): void;
  write(bytes: Buffer): boolean;
  end(): void;
  destroy(): void;
  once(event: 'drain' | 'close', listener: () => void): void;
}

/** Collector that accepts connections and misbehaves as configured by `trouble`. */
export class TroubledCollector {
  trouble: Trouble = 'silence';
  /** Signals of the requests received so far. */
  readonly requests: Signal[] = [];
  /** Responses that have not ended. */
  readonly open = new Set<Reply>();
  private readonly events = new EventEmitter();

  private constructor(
    private readonly server: Server | Http2Server,
    private readonly sockets: ReadonlySet<Socket>,
  ) {}

  static async start(protocol: Protocol): Promise<TroubledCollector> {
    const server = protocol === 'grpc' ? createHttp2Server() : createHttpServer();
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => {});
    });
    const collector = new TroubledCollector(server, sockets);
    if (protocol === 'grpc') collector.takeGrpc(server as Http2Server);
    else collector.takeHttp(server as Server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves when the next request arrives. */
  async next(): Promise<void> {
    await once(this.events, 'request');
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private takeHttp(server: Server): void {
    server.on('request', (request, response) => {
      request.resume();
      const type = { 'content-type': request.headers['content-type'] };
      this.take(request.url!.includes('traces') ? 'traces' : 'metrics', {
        head: (status) => void response.writeHead(status, type),
        write: (bytes) => response.write(bytes),
        end: () => void response.end(),
        destroy: () => response.socket?.destroy(),
        once: (event, listener) => void response.once(event, listener),
      });
    });
  }

  private takeGrpc(server: Http2Server): void {
    server.on('session', (session) => session.on('error', () => {}));
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      stream.resume();
      const path = String(headers[':path']);
      this.take(path.includes('TraceService') ? 'traces' : 'metrics', {
        head: (status) =>
          stream.respond({
            ':status': status,
            'content-type': 'application/grpc',
            // 13 is INTERNAL.
            ...(status === 200 ? {} : { 'grpc-status': '13' }),
          }),
        write: (bytes) => stream.write(bytes),
        end: () => void stream.end(),
        destroy: () => stream.session?.socket && stream.session.destroy(),
        once: (event, listener) => void stream.once(event, listener),
      });
    });
  }

  private take(signal: Signal, reply: Reply): void {
    this.requests.push(signal);
    this.open.add(reply);
    reply.once('close', () => this.open.delete(reply));
    this.behave(reply);
    this.events.emit('request');
  }

  private behave(reply: Reply): void {
    switch (this.trouble) {
      case 'silence':
        return;
      case 'refusal':
        reply.head(500);
        return reply.end();
      case 'garbage':
        reply.head(200);
        reply.write(Buffer.from('<html>\xff\x00 not what was asked for </html>', 'latin1'));
        return reply.end();
      case 'flood':
        reply.head(200);
        return pour(reply);
      case 'drip':
        reply.head(200);
        return this.drip(reply);
      case 'reset':
        return reply.destroy();
    }
  }

  /** Sends single bytes without end, so that idle timeouts do not fire. */
  private drip(reply: Reply): void {
    const timer = setInterval(() => reply.write(Buffer.from([0])), 50);
    reply.once('close', () => clearInterval(timer));
  }
}

/** Sends bytes without end, as fast as the client reads. */
function pour(reply: Reply): void {
  const bytes = Buffer.alloc(1024 * 1024);
  let open = true;
  reply.once('close', () => (open = false));
  const more = (): void => {
    if (!open) return;
    if (reply.write(bytes)) setImmediate(more);
    else reply.once('drain', more);
  };
  more();
}

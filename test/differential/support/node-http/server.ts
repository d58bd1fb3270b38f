import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import * as zlib from 'node:zlib';

/** Content codings that a response can have. */
export const CODINGS = ['identity', 'gzip', 'br', 'deflate', 'raw deflate', 'zstd'] as const;
export type Coding = (typeof CODINGS)[number];

const ENCODERS: Readonly<Record<Coding, (bytes: Buffer) => Buffer>> = {
  identity: (bytes) => bytes,
  gzip: (bytes) => zlib.gzipSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
  deflate: (bytes) => zlib.deflateSync(bytes),
  'raw deflate': (bytes) => zlib.deflateRawSync(bytes),
  zstd: (bytes) => zlib.zstdCompressSync(bytes),
};

/** Response of the server, described by data, so that counterexamples are readable. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly coding: Coding;
  /** Sizes of the pieces that are written, repeated until the body is sent. */
  readonly pieces: readonly number[];
  readonly hasLength: boolean;
  readonly hasTrailers: boolean;
  /** Share of the bytes after which the server stops; `null`: it sends all. */
  readonly stopsAfter: number | null;
  /** Whether a server that stops closes the connection, or waits. */
  readonly closes: boolean;
}

/** Returns the bytes of a reply on the wire. */
export function wireBytes({ body, coding }: Reply): Buffer {
  return ENCODERS[coding](Buffer.from(body));
}

/** Number of bytes that arrive. */
export function sentSize(reply: Reply): number {
  const { length } = wireBytes(reply);
  return reply.stopsAfter === null ? length : Math.floor(length * reply.stopsAfter);
}

/** Request as it arrived. `connection`: ordinal of its connection. */
export interface ArrivedRequest {
  readonly line: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly connection: number;
}

/** Server on 127.0.0.1 that replies as a case describes. */
export class ReplyServer {
  arrived: ArrivedRequest[] = [];
  reply: Reply | null = null;
  private current = 0;
  private connections = new Map<object, number>();
  private readonly server = createServer((request, response) => void this.receive(request, response));

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Begins a case and returns its URL. Requests that arrive late, after they were aborted, belong to no case. */
  begin(reply: Reply): string {
    this.arrived = [];
    this.current++;
    this.connections = new Map();
    this.reply = reply;
    return `${this.url}/v1/chat/completions?case=${this.current}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that aborts closes the connection.
    response.on('error', () => {});
    let body: Buffer;
    try {
      body = await buffer(request);
    } catch {
      return;
    }
    const [path, current] = request.url!.split('?case=');
    if (current !== String(this.current)) return void response.destroy();
    const { connections } = this;
    const connection = connections.get(request.socket) ?? connections.size;
    connections.set(request.socket, connection);
    this.arrived.push({
      line: `${request.method} ${path}`,
      headers: request.rawHeaders.map((value) => value.replaceAll(/-{4,}\S+|axios-\S+/g, 'boundary')),
      body: body.toString('latin1').replaceAll(/-{4,}\S+|axios-\S+/g, 'boundary'),
      connection,
    });
    await this.send(this.reply!, response);
  }

  private async send(reply: Reply, response: ServerResponse): Promise<void> {
    const bytes = wireBytes(reply);
    const size = sentSize(reply);
    response.writeHead(reply.status, {
      'content-type': reply.contentType,
      'x-request-id': 'req_1',
      ...(reply.coding === 'identity' ? {} : { 'content-encoding': reply.coding.replace('raw ', '') }),
      ...(reply.hasLength ? { 'content-length': bytes.length } : {}),
      ...(reply.hasTrailers && !reply.hasLength ? { trailer: 'x-checksum' } : {}),
    });
    let sent = 0;
    for (let index = 0; sent < size; index++) {
      const piece = bytes.subarray(sent, Math.min(size, sent + reply.pieces[index % reply.pieces.length]!));
      sent += piece.length;
      if (response.destroyed) return;
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    }
    if (reply.stopsAfter === null) {
      if (reply.hasTrailers && !reply.hasLength) response.addTrailers({ 'x-checksum': 'abc' });
      response.end();
    } else if (reply.closes) {
      response.flushHeaders();
      response.socket?.end();
    } else {
      response.flushHeaders();
    }
  }
}

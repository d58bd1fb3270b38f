import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { constants, createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { uncaptured } from '../support/uncaptured.js';

/** Headers of one connection, which HTTP/2 does not have. */
const CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host']);

export interface Http2Proxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server for HTTP/2 without TLS that passes requests on to a server for HTTP/1.1, with its broken responses. */
export async function startHttp2Proxy(target: string): Promise<Http2Proxy> {
  const sessions = new Set<Http2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => forward(stream, headers, target));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, target: string): void {
  const fail = (): void => {
    if (!stream.closed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  };
  const url = new URL(String(headers[':path']), target);
  const options = { method: String(headers[':method']), headers: withoutConnection(headers) };
  // The proxy runs in the process of the application, but is not one of its clients.
  const request = uncaptured(() => httpRequest(url, options));
  request.on('error', fail);
  request.on('response', (response) => {
    response.on('error', fail);
    if (stream.closed) return;
    stream.respond({ ':status': response.statusCode, ...withoutConnection(response.headers) });
    response.pipe(stream);
  });
  stream.on('error', () => request.destroy());
  stream.on('close', () => request.destroy());
  stream.pipe(request);
}

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(':') && !CONNECTION.has(name)),
  );
}

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Common part of requests of Fastify and Express. */
export interface PlatformRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
  /** Express removes the router's prefix from `url` and keeps the full URL here. */
  readonly originalUrl?: string;
  readonly headers: IncomingMessage['headers'];
  readonly params: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  /** Node.js request of Fastify. Express requests extend it instead. */
  readonly raw?: IncomingMessage;
  readonly socket: IncomingMessage['socket'];
  /** Set by Express; Fastify has it on `raw`. */
  readonly httpVersion?: string;
  /** Client address, according to the proxy settings of the application (`trustProxy`, `trust proxy`). */
  readonly ip?: string;
}

/** Common part of replies of Fastify and responses of Express. */
export interface PlatformResponse {
  status(code: number): this;
  header(name: string, value: string): this;
  send(body: string | Buffer): unknown;
  /** Node.js response of Fastify. Express responses extend it instead. */
  readonly raw?: ServerResponse;
  /** Fastify only: takes over the raw response. */
  hijack?(): unknown;
}

/** Returns path and query as received, before decoding of the path. */
export function urlOf(request: PlatformRequest): { readonly path: string; readonly query: URLSearchParams } {
  const url = request.originalUrl ?? request.url;
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

/** Returns the value of a header, or `null` if it is missing or repeated. */
export function headerOf(request: PlatformRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

/** Returns the Node.js response. */
export function rawResponse(response: PlatformResponse): ServerResponse {
  return response.raw ?? (response as unknown as ServerResponse);
}

/** Returns the `Host` header, or `:authority` over HTTP/2. */
export function hostHeaderOf(request: PlatformRequest): string | null {
  return headerOf(request, 'host') ?? headerOf(request, ':authority');
}

/** Parses a name or address with an optional port; `null` if it is anything else. `protocol`: as in `URL`. */
export function urlOfHost(host: string | null, protocol = 'http:'): URL | null {
  if (host === null || host.length > MAX_HOST_LENGTH || !/^[\w.:[\]-]+$/.test(host)) return null;
  const url = `${protocol}//${host}`;
  return URL.canParse(url) ? new URL(url) : null;
}

const MAX_HOST_LENGTH = 300;

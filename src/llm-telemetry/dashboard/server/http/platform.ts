import type { IncomingMessage, ServerResponse } from 'node:http';

/** What Fastify's requests and Express's have in common. */
export interface PlatformRequest {
  readonly method: string;
  /** As it came: path and query. */
  readonly url: string;
  /** Express takes the router's part off `url`, and keeps it here. */
  readonly originalUrl?: string;
  readonly headers: IncomingMessage['headers'];
  readonly params: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  /** Fastify's: Node's own request. Express extends that one. */
  readonly raw?: IncomingMessage;
  readonly socket: IncomingMessage['socket'];
  /** Fastify has it at `raw`. */
  readonly httpVersion?: string;
  /** Who sent it, as far as the application trusts its proxies to tell (`trustProxy`, `trust proxy`). */
  readonly ip?: string;
}

/** What Fastify's replies and Express's responses have in common. */
export interface PlatformResponse {
  status(code: number): this;
  header(name: string, value: string): this;
  send(body: string | Buffer): unknown;
  /** Fastify's: Node's own response. Express extends that one. */
  readonly raw?: ServerResponse;
  /** Fastify's: from here on the response is written without it. */
  hijack?(): unknown;
}

/** Path and query as they were sent, before anything was decoded. */
export function urlOf(request: PlatformRequest): { readonly path: string; readonly query: URLSearchParams } {
  const url = request.originalUrl ?? request.url;
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

/** One header's value; several of a name are as good as none. */
export function headerOf(request: PlatformRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

/** Returns Node's own response. */
export function rawResponse(response: PlatformResponse): ServerResponse {
  return response.raw ?? (response as unknown as ServerResponse);
}

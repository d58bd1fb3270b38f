import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { LiveEvents } from '../../src/llm-telemetry/dashboard/api/index.js';
import { fixtureAnswer, isEmpty } from './fixture-answers.js';
import { FixtureCalls } from './fixture-calls.js';
import type { FixtureState } from './fixture-query.js';
import { randomDelay } from './slow-machine.js';

/** Content security policy of the dashboard. */
const POLICY = [
  "default-src 'none'",
  ...['script', 'style', 'img', 'font', 'connect'].map((what) => `${what}-src 'self'`),
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const MOUNT = '/llm';

/**
 * Serves the built page with an API that responds like a service in a given state. Used for states that are rare or not
 * reproducible in a real service.
 */
export class FixtureServer {
  state: FixtureState = 'busy';
  /** Endpoints that respond with an error: their names, or `*`. */
  readonly failing = new Map<string, { status: number; message: string }>();
  /** Endpoints that do not respond until `release()`: their names, or `*`. */
  readonly silent = new Set<string>();
  /** Changes to the responses of endpoints. */
  readonly changes = new Map<string, (answer: never) => object>();
  /** Requests to the API, as `<endpoint>?<query>`. */
  readonly asked: string[] = [];
  /** Calls in lists and on pages of calls. Ignored if the state has no calls. */
  readonly calls: FixtureCalls;

  private readonly clients = new Set<ServerResponse>();
  private readonly held: Array<() => void> = [];
  private readonly server: Server = createServer((request, response) => void this.answer(request, response));

  constructor(private readonly now: () => number = Date.now) {
    this.calls = new FixtureCalls(now());
  }

  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${MOUNT}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Adds a call and sends it to live clients. */
  endCall(kind = 1): void {
    const row = this.calls.addKind(kind, this.now());
    this.send('calls', { calls: [row], more: false });
  }

  send<Name extends keyof LiveEvents>(name: Name, data: LiveEvents[Name]): void {
    for (const client of this.clients) client.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Makes silent endpoints respond, also to the requests they have received. */
  release(): void {
    this.silent.clear();
    for (const respond of this.held.splice(0)) respond();
  }

  /** Closes the live connections, like a service that stops. */
  dropClients(): void {
    for (const client of this.clients) client.destroy();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const place = pathname.slice(MOUNT.length).replace(/^\//, '');
    if (!pathname.startsWith(MOUNT))
      return json(response, 404, { statusCode: 404, message: 'Nothing here.' });
    if (place === 'api/live') return this.live(response);
    if (place.startsWith('api/')) return this.api(place.slice(4), searchParams, response);
    await randomDelay();
    return page(place, pathname.endsWith('/'), response);
  }

  private async api(endpoint: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    this.asked.push(`${endpoint}?${query}`);
    if (this.silent.has(endpoint) || this.silent.has('*')) {
      this.held.push(() => this.respond(endpoint, query, response));
      return;
    }
    await randomDelay();
    this.respond(endpoint, query, response);
  }

  private respond(endpoint: string, query: URLSearchParams, response: ServerResponse): void {
    const failure = this.failing.get(endpoint) ?? this.failing.get('*');
    if (failure)
      return json(response, failure.status, { statusCode: failure.status, message: failure.message });
    const answer = this.ofCalls(endpoint, query) ?? fixtureAnswer(endpoint, query, this.state, this.now());
    if (answer === null) return json(response, 404, { statusCode: 404, message: 'There is nothing here.' });
    json(response, 200, { ...answer, ...this.changes.get(endpoint)?.(answer as never) });
  }

  private ofCalls(endpoint: string, query: URLSearchParams): object | null {
    const calls = isEmpty(this.state) ? NO_CALLS : this.calls;
    const [, id] = /^calls\/([^/]+)$/.exec(endpoint) ?? [];
    if (id !== undefined) return calls.one(id);
    return endpoint === 'calls' ? calls.page(query, this.now()) : null;
  }

  private live(response: ServerResponse): void {
    if (this.failing.has('live') || this.failing.has('*')) {
      response.writeHead(503).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': connected\n\n');
    this.clients.add(response);
    response.once('close', () => this.clients.delete(response));
  }
}

const NO_CALLS = new FixtureCalls(0, 0);

async function page(place: string, slash: boolean, response: ServerResponse): Promise<void> {
  const root = join(import.meta.dirname, '../../dist/ui');
  const isFile = extname(place) !== '';
  const body = await readFile(join(root, isFile ? place : 'index.html'), 'utf8').catch(() => null);
  if (body === null) return json(response, 404, { statusCode: 404, message: 'There is nothing here.' });
  const depth = place === '' ? 0 : place.split('/').length;
  const base = place === '' ? (slash ? './' : `.${MOUNT}/`) : depth === 1 ? './' : '../'.repeat(depth - 1);
  response.writeHead(200, {
    'content-type': TYPES[isFile ? extname(place) : '.html'],
    'content-security-policy': POLICY,
  });
  response.end(isFile ? body : body.replace('<head>', `<head><base href="${base}">`));
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { callRecord } from '../support/call-records.js';
import { cpuMsSince } from '../support/cpu-time.js';
import { ASSET, BEARER, TOKEN } from '../support/dashboard-access.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { connect, headOf } from '../support/event-stream.js';
import { PLATFORMS } from '../support/telemetry-app.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'PROPFIND', 'PURGE'];

/** Status of each path for an authenticated client. */
const PATHS: Readonly<Record<string, number>> = {
  '': 200,
  '/': 200,
  '/calls': 200,
  '/calls/1': 200,
  '/alerts': 200,
  '/nonsense': 404,
  '/login': 404,
  '/index.html': 404,
  [`/assets/${ASSET}`]: 200,
  '/assets/index-12345678.js': 404,
  '/favicon.svg': 404,
  '/.env': 404,
  '/..%2fpackage.json': 404,
  '/api': 404,
  '/api/': 404,
  '/api/summary': 200,
  '/api/summary/': 200,
  '/api/breakdown?by=feature': 200,
  '/api/timeline?metric=calls': 200,
  '/api/errors': 200,
  '/api/retries': 200,
  '/api/quality': 200,
  '/api/budgets': 200,
  '/api/calls': 200,
  '/api/calls/1': 200,
  '/api/calls.csv': 200,
  '/api/calls.ndjson': 200,
  '/api/alerts': 200,
  '/api/status': 200,
  '/api/live': 200,
  '/api/nothing': 404,
};

/** Options and requests without access. `refused` is the status of all paths, whether they exist or not. */
const SETUPS = {
  'without the token': { dashboard: { token: TOKEN }, headers: {}, refused: 401 },
  'with a wrong token': {
    dashboard: { token: TOKEN },
    headers: { cookie: 'llm_dashboard=1999999999.x' },
    refused: 401,
  },
  'refused by a guard': {
    dashboard: { guards: [{ canActivate: () => false }] },
    headers: {},
    refused: 403,
  },
  'from another origin': {
    dashboard: { open: true },
    headers: { origin: 'http://evil.example' },
    refused: 403,
  },
  'for another host without protection': { dashboard: {}, headers: { host: 'evil.example' }, refused: 403 },
  'through a proxy without protection': { dashboard: {}, headers: { via: '1.1 proxy' }, refused: 403 },
} as const;

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('the dashboard on %s', (platform) => {
  let dashboard: DashboardApp;
  afterEach(() => dashboard.stop());

  it.each(Object.entries(SETUPS))(
    'does not reveal data on any path and method, %s',
    async (_, { dashboard: option, headers, refused }) => {
      dashboard = await startDashboardApp({
        platform,
        options: { dashboard: option },
        configure: (app) => app.enableCors({ origin: true, credentials: true }),
      });
      dashboard.store.record(callRecord({ feature: 'canary_feature' }));
      for (const path of Object.keys(PATHS))
        for (const method of METHODS) {
          const response = await connect(dashboard.port, `/llm${path}`, { method, headers });
          let text = '';
          for await (const piece of response.setEncoding('utf8')) text += piece as string;
          expect([method, path, text.includes('canary_feature')]).toEqual([method, path, false]);
          expect([method, path, response.headers['set-cookie']]).toEqual([method, path, undefined]);
          const expected = expectedStatuses(method, path, refused, 'token' in option);
          expect([method, path, expected]).toEqual([
            method,
            path,
            expect.arrayContaining([response.statusCode]),
          ]);
          // The application responds to preflight requests and to methods without a route.
          if (method === 'GET' || method === 'HEAD')
            expect(response.headers).not.toHaveProperty('access-control-allow-origin');
        }
    },
  );

  it('accepts authenticated GET and HEAD requests and the login form, and rejects other methods', async () => {
    dashboard = await startDashboardApp({ platform, options: { dashboard: { token: TOKEN } } });
    dashboard.store.record(callRecord());
    const headers = BEARER;
    const deviations: unknown[] = [];
    for (const [path, status] of Object.entries(PATHS))
      for (const method of METHODS) {
        const answer = await headOf(dashboard.port, method, `/llm${path}`, headers);
        const expected = expectedStatuses(method, path, status, true);
        if (!expected.includes(answer.status)) deviations.push([method, path, answer.status, expected]);
      }
    expect(deviations).toEqual([]);
  });

  it('responds to HEAD without a body and does not count it as a live client', async () => {
    dashboard = await startDashboardApp({ platform });
    for (let count = 0; count < 110; count++)
      expect((await headOf(dashboard.port, 'HEAD', '/llm/api/live')).status).toBe(200);
    expect((await headOf(dashboard.port, 'GET', '/llm/api/live')).status).toBe(200);
  });

  describe('with headers of 64 kB', () => {
    const SIZE = 64 * 1024;
    const LONG: ReadonlyArray<readonly [name: string, value: string]> = [
      ['authorization', `Bearer ${' '.repeat(SIZE)}x`],
      ['authorization', `Bearer ${'x'.repeat(SIZE)} y`],
      ['authorization', `Bearer x${' '.repeat(SIZE)}y`],
      ['cookie', 'llm_dashboard=x;'.repeat(SIZE / 16)],
      ['cookie', `llm_dashboard=${'1.'.repeat(SIZE / 2)}`],
      ['cookie', `${' '.repeat(SIZE)}llm_dashboard=x`],
      ['cookie', '='.repeat(SIZE)],
      ['x-forwarded-prefix', `${'/'.repeat(SIZE)}x`],
      ['x-forwarded-prefix', `/${'a'.repeat(SIZE)}!`],
      ['x-forwarded-proto', ','.repeat(SIZE)],
      ['x-forwarded-for', '1,'.repeat(SIZE / 2)],
      ['x-forwarded-host', 'a.'.repeat(SIZE / 2)],
      ['referer', `http://x/${'/llm'.repeat(SIZE / 4)}!`],
      ['referer', `http://x/${'/'.repeat(SIZE)}`],
      ['origin', `http://${'a.'.repeat(SIZE / 2)}`],
      ['host', 'a'.repeat(SIZE)],
      ['accept', 'text/htm'.repeat(SIZE / 8)],
      ['accept-encoding', 'gzip ; q=0.0'.repeat(SIZE / 12)],
      ['accept-encoding', `gzip${' '.repeat(SIZE)};`],
      ['accept-encoding', `gzip;q=0.${'0'.repeat(SIZE)}1`],
      ['if-none-match', `"${'x'.repeat(SIZE)}`],
      ['sec-fetch-site', ' '.repeat(SIZE)],
    ];

    // A regular expression that backtracks takes 2·10⁹ steps for 64 kB, which is seconds. Linear time is milliseconds.
    it('responds in linear time', async () => {
      dashboard = await startDashboardApp({ platform, options: { dashboard: { token: TOKEN } } });
      const server = await withLongHeaders(dashboard, platform);
      try {
        for (const [name, value] of LONG)
          for (const [method, path] of [
            ['GET', `/llm?token=${TOKEN}`],
            ['GET', `/llm/assets/${ASSET}`],
            ['GET', '/llm/api/summary'],
            ['POST', '/llm/login'],
          ] as const) {
            // With a token in the address, the attributes of the cookie depend on the headers.
            const authorization: Record<string, string> = path.includes('?') ? {} : BEARER;
            const headers = { ...authorization, [name]: value };
            const before = process.cpuUsage();
            const status = await server.statusOf(method, path, headers);
            const ms = cpuMsSince(before);
            const start = value.slice(0, 20);
            expect({ name, start, path, status, isFast: ms < 1000, isError: status >= 500 }).toEqual({
              name,
              start,
              path,
              status,
              isFast: true,
              isError: false,
            });
          }
      } finally {
        await server.stop();
      }
    });
  });
});

/** Statuses of the platform or its CORS handler. 400 is the status of a preflight request without its headers. */
const OPTIONS_STATUSES = [200, 204, 400, 404];

/** Returns the allowed statuses of a request. @param read Status of GET. */
function expectedStatuses(method: string, path: string, read: number, hasForm: boolean): readonly number[] {
  if (method === 'GET' || method === 'HEAD') return [read];
  if (method === 'OPTIONS') return OPTIONS_STATUSES;
  if (method === 'POST' && path === '/login' && hasForm) return [401];
  // Fastify responds with 400 to methods without routes.
  return [400, 404];
}

/** Serves the application with a server that accepts long headers. */
async function withLongHeaders(
  { app }: DashboardApp,
  platform: keyof typeof PLATFORMS,
): Promise<{
  statusOf(method: string, path: string, headers: Record<string, string>): Promise<number>;
  stop(): Promise<void>;
}> {
  const instance = app.getHttpAdapter().getInstance() as unknown as RequestListener & {
    routing: RequestListener;
  };
  const server = createServer(
    { maxHeaderSize: 1024 * 1024 },
    platform === 'express' ? instance : instance.routing,
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    statusOf: (method, path, headers) =>
      new Promise((resolve, reject) => {
        httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode!));
        })
          .on('error', reject)
          .end();
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

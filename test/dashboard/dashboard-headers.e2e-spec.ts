import type { IncomingMessage, ServerResponse } from 'node:http';
import { APP_GUARD } from '@nestjs/core';
import type { CanActivate } from '@nestjs/common';
import { callRecord } from '../support/call-records.js';
import { ASSET, BEARER, TOKEN } from '../support/dashboard-access.js';
import { startDashboardApp, type Answer, type DashboardApp } from '../support/dashboard-app.js';
import { headOf } from '../support/event-stream.js';
import { PLATFORMS } from '../support/telemetry-app.js';

const ORIGIN = 'http://evil.example:8080';

/** Kinds of responses: page, files, API, errors, exports, live feed, login, redirect. */
const RESPONSES: ReadonlyArray<readonly [method: string, path: string, status: number]> = [
  ['GET', '', 200],
  ['GET', '/calls/1', 200],
  ['GET', '/nonsense', 404],
  ['GET', '/favicon.svg', 404],
  ['GET', `/assets/${ASSET}`, 200],
  ['GET', '/api/summary', 200],
  ['GET', '/api/summary?x=1', 400],
  ['GET', '/api/calls/9', 404],
  ['GET', '/api/nothing', 404],
  ['GET', '/api/calls.csv', 200],
  ['GET', '/api/calls.ndjson', 200],
  ['GET', '/api/live', 200],
  ['HEAD', '', 200],
  ['HEAD', '/api/calls.csv', 200],
  ['HEAD', '/api/live', 200],
  ['POST', '/login', 401],
  ['GET', `/calls?token=${TOKEN}&x=1`, 303],
  ['GET', `/api/summary?token=wrong`, 401],
];

/**
 * Ways in which applications allow CORS. Responses that bypass the platform differ: nestjs/nest#8717 (CORS headers are
 * missing from them on Fastify).
 */
const CORS: Record<string, NonNullable<Parameters<typeof startDashboardApp>[0]>['configure']> = {
  'app.enableCors()': (app) => app.enableCors(),
  'app.enableCors() for any origin, with credentials': (app) =>
    app.enableCors({ origin: true, credentials: true, exposedHeaders: ['etag'], maxAge: 600 }),
  'a middleware that sets CORS and helmet headers': (app) => {
    app.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
      response.setHeader('Access-Control-Allow-Origin', ORIGIN);
      response.setHeader('Access-Control-Allow-Credentials', 'true');
      response.setHeader('Access-Control-Expose-Headers', '*');
      response.setHeader('Timing-Allow-Origin', '*');
      response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
      response.setHeader('Content-Security-Policy', 'default-src *; frame-ancestors *');
      response.setHeader('Referrer-Policy', 'unsafe-url');
      response.setHeader('X-Frame-Options', 'SAMEORIGIN');
      response.setHeader('X-Content-Type-Options', '');
      response.setHeader('Cache-Control', 'public, max-age=60');
      next();
    });
  },
  'a middleware that sets CORS headers when the head is written': (app) => {
    app.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
      const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
      response.writeHead = ((...args: unknown[]) => {
        response.setHeader('Access-Control-Allow-Origin', '*');
        return writeHead(...args);
      }) as ServerResponse['writeHead'];
      next();
    });
  },
};

/** Hooks of Fastify that run after the handler. */
const FASTIFY_CORS: typeof CORS = {
  'an onSend hook of Fastify': (app) => {
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onSend', async (_request, reply) => void reply.header('access-control-allow-origin', '*'));
  },
};

function expectPrivate(what: string, { headers }: Pick<Answer, 'headers'>): void {
  const open = Object.keys(headers).filter((name) => /^access-control-|^timing-allow-origin$/.test(name));
  expect([what, open]).toEqual([what, []]);
  expect([what, headers]).toMatchObject([
    what,
    {
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'cache-control': expect.stringMatching(/^(no-store|private)/),
    },
  ]);
}

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)(
  'response headers on %s',
  (platform) => {
    let dashboard: DashboardApp;
    afterEach(() => dashboard.stop());

    const kinds = { ...CORS, ...(platform === 'fastify' ? FASTIFY_CORS : {}) };
    it.each(Object.keys(kinds))('are equal for all kinds of responses, with %s', async (kind) => {
      dashboard = await startDashboardApp({
        platform,
        options: { dashboard: { token: TOKEN } },
        configure: kinds[kind],
      });
      dashboard.store.record(callRecord());
      for (const [method, path, status] of RESPONSES) {
        const authorization: Record<string, string> = status === 401 || status === 303 ? {} : BEARER;
        // Like a browser without Sec-Fetch headers: plain http and no Origin.
        const answer = await headOf(dashboard.port, method, `/llm${path}`, authorization);
        const what = `${method} ${path}`;
        expect([what, answer.status]).toEqual([what, status]);
        expectPrivate(what, answer);
        const refused = await headOf(dashboard.port, method, `/llm${path}`, {
          ...authorization,
          origin: ORIGIN,
        });
        expect([what, refused.status]).toEqual([what, 403]);
        expectPrivate(`${what} of another origin`, refused);
      }
    });

    // Exports and the live feed bypass the platform.
    describe.each(['/api/calls.csv', '/api/calls.ndjson', '/api/live', '/api/summary'])('of %s', (path) => {
      const authorization = `Bearer ${TOKEN}`;
      const answer = async (headers: Record<string, string>): Promise<Pick<Answer, 'status' | 'headers'>> => {
        dashboard = await startDashboardApp({
          platform,
          options: { dashboard: { token: TOKEN } },
          configure: (app) => app.enableCors(),
        });
        return headOf(dashboard.port, 'GET', `/llm${path}`, { authorization, ...headers });
      };

      it('do not contain CORS headers of the application', async () => {
        const { status, headers } = await answer({});
        expect(status).toBe(200);
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      });

      it('are sent with status 403 to an origin that sends its host as X-Forwarded-Host', async () => {
        expect(await answer({ origin: ORIGIN, 'x-forwarded-host': new URL(ORIGIN).host })).toMatchObject({
          status: 403,
        });
      });
    });

    it('are equal for responses of a global guard that rejects the request', async () => {
      const guard: CanActivate = { canActivate: () => false };
      dashboard = await startDashboardApp({
        platform,
        providers: [{ provide: APP_GUARD, useValue: guard }],
        configure: (app) => app.enableCors({ origin: true, credentials: true }),
      });
      for (const path of ['', '/api/summary', '/api/live', '/api/calls.csv'])
        for (const accept of ['text/html', 'application/json']) {
          const answer = await headOf(dashboard.port, 'GET', `/llm${path}`, { accept, origin: ORIGIN });
          expect([path, answer.status]).toEqual([path, 403]);
          expectPrivate(path, answer);
        }
    });
  },
);

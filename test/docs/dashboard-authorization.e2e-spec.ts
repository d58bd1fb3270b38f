import {
  Injectable,
  type CanActivate,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { callRecord } from '../support/call-records.js';
import type { Answer } from '../support/dashboard-app.js';
import { FakeClock } from '../support/fake-clock.js';
import { stripPrefix } from '../support/strip-prefix.js';
import { startTelemetryApp } from '../support/telemetry-app.js';
import { AUTHORIZED, dashboard, HTML, lines, start, TOKEN } from './support/documented-dashboard.js';

/** Verifies the claims of docs/dashboard.md on access. */

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

@Injectable()
class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['x-role'] === 'admin';
  }
}

@Injectable()
class Wrapping implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ wrapped: data })));
  }
}
const cookieOf = (answer: Answer): string => answer.headers['set-cookie']![0]!.split(';', 1)[0]!;

describe('access to the dashboard', () => {
  it('applies guards of the application to every route', async () => {
    process.env['NODE_ENV'] = 'production';
    const { get } = await start({
      providers: [AdminGuard],
      options: { dashboard: { guards: [AdminGuard] } },
    });
    for (const route of ['', '/calls/1', '/assets/x.js', '/api/summary', '/api/calls.csv', '/api/live'])
      expect([route, (await get(`/llm${route}`)).status]).toEqual([route, 403]);
    expect((await get('/llm/api/summary', { 'x-role': 'admin' })).status).toBe(200);
  });

  it('requires both guards and a token if both are configured', async () => {
    const { get } = await start({
      providers: [AdminGuard],
      options: { dashboard: { guards: [AdminGuard], token: TOKEN } },
    });
    const statusOf = async (headers: Record<string, string>): Promise<number> =>
      (await get('/llm/api/summary', headers)).status;
    expect(await statusOf(AUTHORIZED)).toBe(403);
    expect(await statusOf({ 'x-role': 'admin' })).toBe(401);
    expect(await statusOf({ ...AUTHORIZED, 'x-role': 'admin' })).toBe(200);
  });

  it('accepts a token as a bearer token, in the URL and in the form', async () => {
    const { get, post } = await start({ options: { dashboard: { token: TOKEN } } });
    expect((await get('/llm/api/summary')).status).toBe(401);
    expect((await get('/llm/api/summary', AUTHORIZED)).status).toBe(200);
    expect((await get(`/llm?token=${TOKEN}`)).status).toBe(303);
    expect((await get('/llm')).text).toContain('<form method="post"');
    expect((await post('/llm/login', `token=${TOKEN}`, FORM)).status).toBe(303);
  });

  it('sets a cookie for seven days that contains a signature instead of the token', async () => {
    const { get, post } = await start({ options: { dashboard: { token: TOKEN } } });
    const answers = [await get(`/llm?token=${TOKEN}`), await post('/llm/login', `token=${TOKEN}`, FORM)];
    for (const answer of answers) {
      const [cookie] = answer.headers['set-cookie']!;
      expect(cookie).toMatch(/; Max-Age=604800; Path=\/llm; HttpOnly; SameSite=Strict$/);
      expect(cookie).not.toContain(TOKEN);
      expect((await get('/llm/api/summary', { cookie: cookieOf(answer) })).status).toBe(200);
    }
    expect((await get('/llm/api/summary', AUTHORIZED)).headers['set-cookie']).toBeUndefined();
  });

  it('mounts nothing in production without token and guards, and logs a warning', async () => {
    process.env['NODE_ENV'] = 'production';
    const { get } = await start();
    for (const path of ['/llm', '/llm/api/summary']) expect((await get(path)).status).toBe(404);
    expect(lines()).toEqual([
      'Dashboard: not mounted. In production it requires dashboard.token or dashboard.guards.',
    ]);
  });

  it('is mounted in production for everyone with dashboard.open', async () => {
    process.env['NODE_ENV'] = 'production';
    const { get } = await start({ options: { dashboard: { open: true } } });
    expect((await get('/llm')).status).toBe(200);
  });

  it('redirects ?token= to the same URL without the token', async () => {
    const { get } = await start({ options: { dashboard: { token: TOKEN } } });
    const answer = await get(`/llm/calls?feature=a%20b&token=${TOKEN}&page=2`);
    expect(answer).toMatchObject({ status: 303, headers: { location: './calls?feature=a%20b&page=2' } });
  });

  it.each([
    [{ host: 'localhost:3000' }, 200],
    [{ host: 'orders.localhost' }, 200],
    [{ host: '127.0.0.1' }, 200],
    [{ host: 'orders.example.com' }, 403],
    [{ forwarded: 'for=127.0.0.1' }, 403],
    [{ 'x-forwarded-for': '127.0.0.1' }, 403],
    [{ 'x-real-ip': '127.0.0.1' }, 403],
    [{ via: '1.1 proxy' }, 403],
  ])('serves only its own machine without guards and token: %j is a %d', async (headers, status) => {
    const { get } = await start();
    expect((await get('/llm/api/summary', headers as Record<string, string>)).status).toBe(status);
  });

  it('responds to other machines with a page that explains how to open it, and logs one warning', async () => {
    const { get } = await start();
    for (let count = 0; count < 2; count++) {
      const page = await get('/llm', { ...HTML, host: 'orders.example.com' });
      expect(page.status).toBe(403);
      expect(page.text).toContain('open: true');
      expect(page.text).toContain('LLM_DASHBOARD_TOKEN');
    }
    expect(lines().filter((line) => String(line).startsWith('Dashboard: refused a request'))).toHaveLength(1);
  });

  it('serves everyone with dashboard.open', async () => {
    const { get } = await start({ options: { dashboard: { open: true } } });
    const headers = { host: 'orders.example.com', 'x-forwarded-for': '203.0.113.7' };
    expect((await get('/llm/api/summary', headers)).status).toBe(200);
  });

  it.each(['production', 'Production', 'prod-eu', 'PRD', 'live'])(
    'treats NODE_ENV=%s as production',
    async (name) => {
      process.env['NODE_ENV'] = name;
      const { get } = await start();
      expect((await get('/llm')).status).toBe(404);
    },
  );

  it.each(['staging', 'non-production', ''])('does not treat NODE_ENV=%j as production', async (name) => {
    process.env['NODE_ENV'] = name;
    const { get } = await start();
    expect((await get('/llm')).status).toBe(200);
  });

  it('forbids other origins to read, embed or frame any response', async () => {
    const { get } = await start({ configure: (app) => app.enableCors({ origin: true, credentials: true }) });
    for (const path of ['', '/api/summary', '/api/calls.csv', '/nonsense']) {
      const { headers } = await get(`/llm${path}`);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
      });
    }
  });

  it('does not trust X-Forwarded-Host for the origin of a request', async () => {
    const { get } = await start({ options: { dashboard: { open: true } } });
    const headers = { origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' };
    expect((await get('/llm/api/summary', headers)).status).toBe(403);
  });

  it('is read-only and rejects requests of other origins regardless of the CORS settings', async () => {
    const { get, post } = await start({ configure: (app) => app.enableCors({ origin: true }) });
    expect((await post('/llm/api/summary', '', FORM)).status).toBe(404);
    const answer = await get('/llm/api/summary', {
      origin: 'https://evil.example.com',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'cors',
    });
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('"calls"');
  });

  it('logs its URL and who can read it', async () => {
    const { port } = await start();
    expect(lines()).toEqual([
      `Dashboard: http://127.0.0.1:${port}/llm (this machine only; set dashboard.token or dashboard.guards to open ` +
        'it to others)',
    ]);
    await dashboard!.stop();
    const guarded = await start({
      prefix: 'api',
      providers: [AdminGuard],
      options: { dashboard: { guards: [AdminGuard], token: TOKEN } },
    });
    expect(lines()).toEqual([
      `Dashboard: http://127.0.0.1:${guarded.port}/api/llm (guards: AdminGuard; token required)`,
    ]);
  });

  it('allows an address one attempt every 10 seconds after 30 wrong tokens, while sessions remain valid', async () => {
    const clock = new FakeClock(Date.now());
    const { get } = await start({ options: { dashboard: { token: TOKEN } }, clock });
    const cookie = cookieOf(await get(`/llm?token=${TOKEN}`));
    for (let index = 0; index < 30; index++)
      expect((await get(`/llm/api/summary?token=guess-${index}`)).status).toBe(401);
    const refused = await get('/llm/api/summary', AUTHORIZED);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '10']);
    expect((await get('/llm/api/summary', { cookie })).status).toBe(200);
    clock.advance(10_000);
    expect((await get('/llm/api/summary', AUTHORIZED)).status).toBe(200);
  });

  it.each(['fastify', 'express'] as const)(
    'works on %s, with a global prefix and behind a proxy that strips a prefix',
    async (platform) => {
      const { port, get } = await start({ platform, prefix: 'api' });
      expect((await get('/api/llm')).status).toBe(200);
      const proxy = await stripPrefix('/team', port);
      try {
        const page = await fetch(`http://127.0.0.1:${proxy.port}/team/api/llm`);
        expect(page.status).toBe(200);
        expect(await page.text()).not.toMatch(/(src|href)="\//);
      } finally {
        await proxy.stop();
      }
    },
  );

  it('can be excluded from the global prefix by listing all of its routes', async () => {
    const { get } = await start({
      configure: (app) => void app.setGlobalPrefix('api', { exclude: ['llm', 'llm/*path'] }),
    });
    expect((await get('/llm')).status).toBe(200);
    expect((await get('/llm/api/summary')).status).toBe(200);
  });

  it('is not affected by interceptors of the application', async () => {
    const { get } = await start({ providers: [{ provide: APP_INTERCEPTOR, useClass: Wrapping }] });
    expect((await get('/llm/api/summary')).json()).not.toHaveProperty('wrapped');
  });

  it('links a call to its trace with traceUrl', async () => {
    const { get, store } = await start({
      options: { dashboard: { traceUrl: 'https://jaeger.example.com/trace/{traceId}' } },
    });
    const traceId = 'a'.repeat(32);
    store.record(callRecord({ trace: { traceId, spanId: 'b'.repeat(16) } }));
    const answer = await get('/llm/api/calls/1');
    expect(answer.text).toContain(`"https://jaeger.example.com/trace/${traceId}"`);
  });

  it('responds with api/status and a 503 for every other endpoint with store: false', async () => {
    const telemetry = await startTelemetryApp({ options: { store: false } });
    try {
      await telemetry.app.listen(0, '127.0.0.1');
      const url = await telemetry.app.getUrl();
      const statusOf = async (path: string): Promise<number> => (await fetch(`${url}/llm${path}`)).status;
      expect(await statusOf('')).toBe(200);
      expect(await statusOf('/api/status')).toBe(200);
      for (const path of ['summary', 'calls', 'errors', 'quality', 'breakdown?by=feature'])
        expect([path, await statusOf(`/api/${path}`)]).toEqual([path, 503]);
    } finally {
      await telemetry.stop();
    }
  });
});

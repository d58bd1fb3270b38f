import {
  Controller,
  Get,
  Inject,
  Injectable,
  Scope,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { map, of } from 'rxjs';
import { callRecord } from '../support/call-records.js';
import { BEARER, cookieOf, FORM, TOKEN } from '../support/dashboard-access.js';
import { get, post, startDashboardApp, type Answer, type DashboardApp } from '../support/dashboard-app.js';
import { FakeClock } from '../support/fake-clock.js';
import { stripPrefix } from '../support/strip-prefix.js';
import { PLATFORMS } from '../support/telemetry-app.js';

/** One of each kind of route. */
const ROUTES = [
  '',
  '/',
  '/calls/1',
  '/assets/index-12345678.js',
  '/favicon.svg',
  '/api/summary',
  '/api/breakdown?by=feature',
  '/api/timeline?metric=calls',
  '/api/errors',
  '/api/retries',
  '/api/quality',
  '/api/calls',
  '/api/calls/1',
  '/api/calls.csv',
  '/api/calls.ndjson',
  '/api/alerts',
  '/api/status',
  '/api/live',
  '/api/nothing',
];

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('the dashboard on %s', (platform) => {
  let dashboard: DashboardApp;
  const start = async (setup: Parameters<typeof startDashboardApp>[0] = {}): Promise<DashboardApp> =>
    (dashboard = await startDashboardApp({ platform, ...setup }));
  const env = process.env['NODE_ENV'];
  afterEach(async () => {
    process.env['NODE_ENV'] = env;
    await dashboard.stop();
  });

  describe('without guards and token', () => {
    it('is open outside of production: a page, without redirect, that runs nothing but its own files', async () => {
      const { get } = await start();
      const page = await get('/llm');
      expect(page).toMatchObject({
        status: 200,
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
        },
      });
      expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /);
      expect(page.headers['content-security-policy']).not.toContain('unsafe');
      expect(page.text).toMatch(/^<!doctype html>/i);
      expect((await get('/llm/api/summary')).json()).toMatchObject({ calls: 0 });
    });

    it.each([
      [undefined, 'log'],
      [{}, 'warn'],
      [{ guards: [], token: undefined }, 'warn'],
    ] as const)('is not mounted in production, and the log says why: %j', async (option, level) => {
      process.env['NODE_ENV'] = 'production';
      const { get, logger } = await start({ options: { dashboard: option } });
      for (const route of ROUTES) expect((await get(`/llm${route}`)).status).toBe(404);
      expect(logger.of('LlmDashboard')).toMatchObject([
        {
          level,
          message: 'Dashboard: not mounted. In production it requires dashboard.token or dashboard.guards.',
        },
      ]);
    });

    it.each([{ dashboard: false as const }, { enabled: false }])(
      'is not mounted with %j',
      async (options) => {
        const { get } = await start({ options });
        for (const route of ROUTES) expect((await get(`/llm${route}`)).status).toBe(404);
      },
    );
  });

  describe('with a token', () => {
    beforeEach(async () => {
      process.env['NODE_ENV'] = 'production';
      await start({ options: { dashboard: { token: TOKEN } } });
    });

    it('lets nobody in without it, on any route', async () => {
      const without: Array<Record<string, string>> = [
        {},
        { authorization: `Bearer ${TOKEN}x` },
        { cookie: `llm_dashboard=${TOKEN}` },
      ];
      for (const headers of without)
        for (const route of ROUTES) {
          const answer = await dashboard.get(`/llm${route}`, headers);
          expect([route, answer.status]).toEqual([route, 401]);
          expect(answer.headers['set-cookie']).toBeUndefined();
          expect(answer.text).not.toContain(TOKEN);
        }
    });

    it('asks for it in place of the page, and says it as JSON in place of data', async () => {
      const page = await dashboard.get('/llm');
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(page.headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[^ ]+'; /,
      );
      expect(page.text).toContain('<form method="post" action="./llm/login">');
      expect((await dashboard.get('/llm/')).text).toContain('action="./login"');
      expect((await dashboard.get('/llm/calls/1')).text).toContain('action="../login"');
      expect((await dashboard.get('/llm/api/summary')).json()).toEqual({
        statusCode: 401,
        message: 'The dashboard requires its token. Send it as "Authorization: Bearer <token>".',
        error: 'Unauthorized',
      });
    });

    it('lets in whoever has it as a bearer', async () => {
      const headers = BEARER;
      for (const route of ['', '/api/summary', '/api/calls.csv'])
        expect((await dashboard.get(`/llm${route}`, headers)).status).toBe(200);
    });

    it('takes it from the form once and remembers it in a cookie that is not the token', async () => {
      const answer = await dashboard.post('/llm/login', `token=${TOKEN}`, FORM);
      expect(answer).toMatchObject({ status: 303, headers: { location: './' } });
      expect(answer.headers['set-cookie']).toEqual([
        expect.stringMatching(
          /^llm_dashboard=\d+\.[\w-]{43}; Max-Age=604800; Path=\/llm; HttpOnly; SameSite=Strict$/,
        ),
      ]);
      expect(answer.headers['set-cookie']![0]).not.toContain(TOKEN);
      const cookie = cookieOf(answer);
      for (const route of ['', '/', '/api/summary'])
        expect((await dashboard.get(`/llm${route}`, { cookie: `a=b; ${cookie}; c=d` })).status).toBe(200);
    });

    it('says that a token is wrong, and repeats nothing of it', async () => {
      const answer = await dashboard.post('/llm/login', 'token=%3Cscript%3E', FORM);
      expect(answer.status).toBe(401);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.text).toContain('Wrong token.');
      expect(answer.text).not.toContain('<script');
      for (const body of ['', 'token=', `token=${TOKEN}&token=x`, 'token[]=x', `token=${TOKEN}x`])
        expect((await dashboard.post('/llm/login', body, FORM)).status).toBe(401);
    });

    it('takes it from the address, too', async () => {
      const answer = await dashboard.get(`/llm?token=${TOKEN}`);
      expect(answer).toMatchObject({ status: 303, headers: { location: './llm' }, text: '' });
      expect((await dashboard.get('/llm/api/summary', { cookie: cookieOf(answer) })).status).toBe(200);
      expect((await dashboard.get(`/llm/api/summary?token=${TOKEN}`)).status).toBe(303);
      expect((await dashboard.get('/llm/api/summary?token=wrong')).status).toBe(401);
    });

    it('keeps the cookie to encrypted connections where the request came by one', async () => {
      const headers = { ...FORM, 'x-forwarded-proto': 'https' };
      const answer = await dashboard.post('/llm/login', `token=${TOKEN}`, headers);
      expect(answer.headers['set-cookie']![0]).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
    });

    it('believes no cookie that is changed, has ended, or was made with another token', async () => {
      const [name, session] = cookieOf(await dashboard.get(`/llm?token=${TOKEN}`)).split('=') as [
        string,
        string,
      ];
      const [end, signature] = session.split('.') as [string, string];
      const { Token } = await import('../../src/llm-telemetry/dashboard/server/settings/token.js');
      const forged = [
        `${Number(end) + 1}.${signature}`,
        `${end}.${signature.slice(1)}A`,
        `${end}.`,
        '.',
        signature,
        new Token(TOKEN).openSession(Date.now() - 8 * 86_400_000),
        // Opened by a clock that was a day ahead.
        new Token(TOKEN).openSession(Date.now() + 86_400_000),
        new Token(`${TOKEN}x`).openSession(),
      ];
      for (const value of forged)
        expect((await dashboard.get('/llm/api/summary', { cookie: `${name}=${value}` })).status).toBe(401);
      const own = new Token(TOKEN).openSession();
      expect((await dashboard.get('/llm/api/summary', { cookie: `${name}=${own}` })).status).toBe(200);
    });
  });

  describe('with a token that somebody guesses at', () => {
    const authorization = `Bearer ${TOKEN}`;
    let clock: FakeClock;
    beforeEach(async () => {
      clock = new FakeClock(Date.now());
      await start({ options: { dashboard: { token: TOKEN } }, clock });
    });
    const guess = (index: number): Promise<Answer> => {
      if (index % 3 === 0) return dashboard.post('/llm/login', `token=guess-${index}`, FORM);
      if (index % 3 === 1) return dashboard.get(`/llm/api/summary?token=guess-${index}`);
      return dashboard.get('/llm/api/summary', { authorization: `Bearer guess-${index}` });
    };

    it('lets 30 be wrong, whichever way they come, and then listens to no other until some time has passed', async () => {
      for (let index = 0; index < 30; index++) expect((await guess(index)).status).toBe(401);
      for (let index = 30; index < 33; index++)
        expect(await guess(index)).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
      expect((await dashboard.get('/llm/api/summary', { authorization })).json()).toEqual({
        statusCode: 429,
        message: 'Too many wrong tokens from this address. Try again in 10 s.',
        error: 'Too Many Requests',
      });
      clock.advance(9_000);
      const form = await dashboard.post('/llm/login', `token=${TOKEN}`, FORM);
      expect(form).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
      expect(form.headers['set-cookie']).toBeUndefined();
      expect(form.text).toContain('Try again in 1 s.');
      expect(form.text).toContain('action="./login"');
      const page = await dashboard.get('/llm?token=guess');
      expect([page.status, page.headers['content-type']]).toEqual([429, 'text/html; charset=utf-8']);

      clock.advance(1_000);
      expect((await dashboard.get('/llm/api/summary', { authorization })).status).toBe(200);
      expect((await guess(0)).status).toBe(401);
      expect((await guess(1)).status).toBe(429);
      clock.advance(300_000);
      for (let index = 0; index < 30; index++) expect((await guess(index)).status).toBe(401);
    });

    it('goes on for whoever is in already, and asks everybody else as ever', async () => {
      const cookie = cookieOf(await dashboard.get(`/llm?token=${TOKEN}`));
      for (let index = 0; index < 40; index++) await guess(index);
      expect((await dashboard.get('/llm/api/summary', { cookie })).status).toBe(200);
      expect((await dashboard.get('/llm')).status).toBe(401);
      expect((await dashboard.get('/llm/api/summary')).status).toBe(401);
    });
  });

  it('has a log that tells of a token that could be guessed, without the token', async () => {
    const { logger } = await start({ options: { dashboard: { token: 'hunter2' } } });
    expect(logger.of('LlmDashboard')).toMatchObject([
      {
        level: 'warn',
        message: 'Dashboard: dashboard.token has 7 characters and can be guessed. Use at least 16.',
      },
      { level: 'log', message: expect.stringMatching(/^Dashboard: http.*\(token required\)$/) },
    ]);
  });

  describe('with guards', () => {
    @Injectable()
    class Users {
      readonly names = ['ada'];
    }

    @Injectable()
    class UserGuard implements CanActivate {
      constructor(private readonly users: Users) {}

      async canActivate(context: ExecutionContext): Promise<boolean> {
        const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
        if (headers['x-user'] === undefined) throw new UnauthorizedException('Who are you?');
        return this.users.names.includes(headers['x-user']);
      }
    }

    class OfficeHoursGuard implements CanActivate {
      canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
        const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
        return of(headers['x-hour'] !== '23');
      }
    }

    @Injectable({ scope: Scope.REQUEST })
    class ScopedGuard implements CanActivate {
      constructor(@Inject(REQUEST) private readonly request: { headers: Record<string, string> }) {}

      canActivate(): boolean {
        return this.request.headers['x-user'] === 'ada';
      }
    }

    it('lets them decide on every route, one after the other', async () => {
      process.env['NODE_ENV'] = 'production';
      const { get } = await start({
        providers: [Users, UserGuard],
        options: { dashboard: { guards: [UserGuard, OfficeHoursGuard, { canActivate: () => true }] } },
      });
      for (const route of ROUTES) {
        const statusFor = async (headers: Record<string, string>): Promise<number> =>
          (await get(`/llm${route}`, headers)).status;
        expect([route, await statusFor({})]).toEqual([route, 401]);
        expect([route, await statusFor({ 'x-user': 'eve' })]).toEqual([route, 403]);
        expect([route, await statusFor({ 'x-user': 'ada', 'x-hour': '23' })]).toEqual([route, 403]);
      }
      expect((await get('/llm', { 'x-user': 'ada' })).status).toBe(200);
      expect((await get('/llm/api/summary', { 'x-user': 'ada' })).status).toBe(200);
      expect((await get('/llm/api/summary')).json()).toMatchObject({ message: 'Who are you?' });
    });

    it('makes a request-scoped one for each request', async () => {
      const { get } = await start({
        providers: [ScopedGuard],
        options: { dashboard: { guards: [ScopedGuard] } },
      });
      expect((await get('/llm/api/summary', { 'x-user': 'ada' })).status).toBe(200);
      expect((await get('/llm/api/summary', { 'x-user': 'eve' })).status).toBe(403);
    });

    it('lets nobody in where a guard cannot be made', async () => {
      const { get } = await start({ options: { dashboard: { guards: [UserGuard] } } });
      for (const route of ROUTES) expect((await get(`/llm${route}`, { 'x-user': 'ada' })).status).toBe(500);
    });

    it('asks for the token besides, where there is one', async () => {
      const guard = {
        canActivate: (context: ExecutionContext) =>
          context.getArgByIndex<{ headers: Record<string, string> }>(0).headers['x-user'] === 'ada',
      };
      const { get, post } = await start({ options: { dashboard: { guards: [guard], token: TOKEN } } });
      const authorization = `Bearer ${TOKEN}`;
      expect((await get('/llm/api/summary', { authorization })).status).toBe(403);
      expect((await get('/llm/api/summary', { 'x-user': 'ada' })).status).toBe(401);
      expect((await get('/llm/api/summary', { 'x-user': 'ada', authorization })).status).toBe(200);
      expect((await post('/llm/login', `token=${TOKEN}`, FORM)).status).toBe(403);
    });
  });

  describe('to other sites', () => {
    beforeEach(async () => {
      await start({ configure: (app) => app.enableCors({ origin: true, credentials: true }) });
    });

    it('says nothing, whatever the CORS settings of the application', async () => {
      const origin = 'https://evil.example';
      for (const site of ['cross-site', 'same-site']) {
        const headers = {
          origin,
          'sec-fetch-site': site,
          'sec-fetch-mode': 'cors',
          'sec-fetch-dest': 'empty',
        };
        for (const route of ROUTES) {
          const answer = await dashboard.get(`/llm${route}`, headers);
          expect([route, answer.status]).toEqual([route, 403]);
          expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
          expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
        }
      }
      expect((await dashboard.get('/llm/api/summary', { origin })).status).toBe(403);
      expect((await dashboard.get('/llm/api/summary', { origin: 'null' })).status).toBe(403);
    });

    it('is no picture, frame or script', async () => {
      for (const dest of ['image', 'iframe', 'script']) {
        const mode = dest === 'iframe' ? 'navigate' : 'no-cors';
        const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
        expect((await dashboard.get('/llm/api/summary', headers)).status).toBe(403);
      }
    });

    it('can be linked to, and talks to its own page', async () => {
      const link = {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      };
      expect((await dashboard.get('/llm', link)).status).toBe(200);
      const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
      const answer = await dashboard.get('/llm/api/summary', own);
      expect(answer.status).toBe(200);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
      const origin = `http://127.0.0.1:${dashboard.port}`;
      expect((await dashboard.get('/llm/api/summary', { origin })).status).toBe(200);
    });

    it('takes no form from them', async () => {
      await dashboard.stop();
      await start({ options: { dashboard: { token: TOKEN } } });
      const form = {
        ...FORM,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      };
      expect((await dashboard.post('/llm/login', `token=${TOKEN}`, form)).status).toBe(403);
    });
  });

  it('can only be read', async () => {
    await start({ options: { dashboard: { token: TOKEN } } });
    const headers = { authorization: `Bearer ${TOKEN}`, ...FORM };
    for (const route of ROUTES)
      expect((await dashboard.post(`/llm${route}`, 'a=b', headers)).status).toBe(404);
  });

  it('leads to no other file', async () => {
    const { get } = await start();
    const paths = [
      '/llm/../package.json',
      '/llm/..%2fpackage.json',
      '/llm/..%2f..%2fpackage.json',
      '/llm/%2e%2e/package.json',
      '/llm/%2e%2e%2fpackage.json',
      '/llm/..%5cpackage.json',
      '/llm/assets/../../package.json',
      '/llm/assets/..%2f..%2fpackage.json',
      '/llm/assets/%00.js',
      '/llm//etc/passwd',
      '/llm/%2fetc%2fpasswd',
      '/llm/.env',
      '/llm/assets/.env',
      '/llm/constructor.js',
      '/llm/api/calls/..%2f..%2fsummary',
      '/llm/api/calls/%00',
    ];
    for (const path of paths) {
      const { status, text } = await get(path);
      expect([path, status]).toEqual([path, path.includes('/api/') ? 400 : 404]);
      expect(text).not.toMatch(/nestjs-llm-telemetry|root:/);
    }
  });

  it('is under the path that it is given, under a global prefix and outside of versions', async () => {
    @Controller('things')
    class ThingsController {
      @Get()
      things(): string[] {
        return ['thing'];
      }
    }
    const { get } = await start({
      controllers: [ThingsController],
      options: { dashboard: { path: '/internal/costs/' } },
      prefix: 'service',
      versioning: true,
    });
    const page = await get('/service/internal/costs');
    expect(page.status).toBe(200);
    expect(page.text).toContain('<base href="./costs/">');
    expect((await get('/service/internal/costs/')).text).toContain('<base href="./">');
    expect((await get('/service/internal/costs/calls/7')).text).toContain('<base href="../">');
    expect((await get('/service/internal/costs/api/summary')).status).toBe(200);
    expect((await get('/service/v1/things')).text).toBe('["thing"]');
    for (const path of ['/llm', '/internal/costs', '/service/llm', '/service/internal'])
      expect((await get(path)).status).toBe(404);
  });

  it('is where its browser thinks it is, behind a proxy that strips a prefix', async () => {
    const { port } = await start({ options: { dashboard: { token: TOKEN } } });
    const proxy = await stripPrefix('/tools/orders', port);
    try {
      const page = await get(proxy.port, '/tools/orders/llm');
      const [, action] = /action="([^"]+)"/.exec(page.text)!;
      const shown = `http://127.0.0.1:${proxy.port}/tools/orders/llm`;
      const login = new URL(action!, shown);
      expect(login.pathname).toBe('/tools/orders/llm/login');

      const answer = await post(proxy.port, login.pathname, `token=${TOKEN}`, { ...FORM, referer: shown });
      expect(answer.headers['set-cookie']![0]).toContain('; Path=/tools/orders/llm;');
      const home = new URL(answer.headers.location!, login);
      expect(home.pathname).toBe('/tools/orders/llm/');
      const cookie = cookieOf(answer);
      const dashboardPage = await get(proxy.port, home.pathname, { cookie });
      const [, base] = /<base href="([^"]+)">/.exec(dashboardPage.text)!;
      const api = new URL('api/summary', new URL(base!, home));
      expect(api.pathname).toBe('/tools/orders/llm/api/summary');
      expect((await get(proxy.port, api.pathname, { cookie })).json()).toMatchObject({ calls: 0 });
    } finally {
      await proxy.stop();
    }
  });

  it('takes the word of a proxy for what it has stripped, where it makes a path', async () => {
    const { post } = await start({ options: { dashboard: { token: TOKEN } } });
    const pathFor = async (prefix: string): Promise<string> => {
      const answer = await post('/llm/login', `token=${TOKEN}`, { ...FORM, 'x-forwarded-prefix': prefix });
      return /Path=([^;]*)/.exec(answer.headers['set-cookie']![0]!)![1]!;
    };
    expect(await pathFor('/tools/orders/')).toBe('/tools/orders/llm');
    expect(await pathFor('/a; Domain=evil.example')).toBe('/llm');
    expect(await pathFor('https://evil.example')).toBe('/llm');
  });

  it('answers past what the application does to its own answers', async () => {
    class Envelope implements NestInterceptor {
      intercept(
        ...[, next]: Parameters<NestInterceptor['intercept']>
      ): ReturnType<NestInterceptor['intercept']> {
        return next.handle().pipe(map((data: unknown) => ({ data })));
      }
    }
    const { get } = await start({ providers: [{ provide: APP_INTERCEPTOR, useClass: Envelope }] });
    expect((await get('/llm/api/summary')).json()).toMatchObject({ calls: 0 });
    expect((await get('/llm/api/calls/9')).json()).toMatchObject({ statusCode: 404 });
  });

  it('is no part of what is recorded', async () => {
    const contexts: string[] = [];
    @Controller('things')
    class ThingsController {
      @Get()
      things(): string {
        return 'thing';
      }
    }
    const requestContext = (context: ExecutionContext): undefined =>
      void contexts.push(context.getClass().name);
    const { get } = await start({ controllers: [ThingsController], options: { requestContext } });
    await get('/llm');
    await get('/llm/api/summary');
    await get('/things');
    expect(contexts).toEqual(['ThingsController']);
  });

  it('has a path of its own in each application of a process', async () => {
    await start({ options: { dashboard: { path: 'one' } } });
    const other = await startDashboardApp({ platform, options: { dashboard: { path: 'two' } } });
    try {
      other.store.record(callRecord());
      expect((await dashboard.get('/one/api/summary')).json()).toMatchObject({ calls: 0 });
      expect((await other.get('/two/api/summary')).json()).toMatchObject({ calls: 1 });
      expect((await dashboard.get('/two')).status).toBe(404);
      expect((await other.get('/one')).status).toBe(404);
    } finally {
      await other.stop();
    }
  });
});

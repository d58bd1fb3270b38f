import {
  Inject,
  Injectable,
  Scope,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { of } from 'rxjs';
import { BEARER, cookieOf, FORM, ROUTES, TOKEN } from '../support/dashboard-access.js';
import { startDashboardApp, type Answer, type DashboardApp } from '../support/dashboard-app.js';
import { FakeClock } from '../support/fake-clock.js';
import { PLATFORMS } from '../support/telemetry-app.js';

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
    it('serves the page outside of production, with a policy that allows only its own files', async () => {
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

    it.each([undefined, {}, true] as const)('is served at /llm to this machine with %j', async (option) => {
      const { get } = await start({ options: { dashboard: option } });
      for (const route of ['', '/api/summary']) expect((await get(`/llm${route}`)).status).toBe(200);
      expect((await get('/llm', { host: '192.168.1.7' })).status).toBe(403);
    });

    it.each([
      [undefined, 'log'],
      [{}, 'warn'],
      [true, 'warn'],
      [{ guards: [], token: undefined }, 'warn'],
    ] as const)('is not mounted in production and logs the reason: %j', async (option, level) => {
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

    it('requires the token on every route', async () => {
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

    it('shows a form instead of the page, and responds to API requests with JSON', async () => {
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

    it('accepts the token as a bearer', async () => {
      const headers = BEARER;
      for (const route of ['', '/api/summary', '/api/calls.csv'])
        expect((await dashboard.get(`/llm${route}`, headers)).status).toBe(200);
    });

    it('accepts the token from the form and sets a cookie that does not contain it', async () => {
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

    it('reports a wrong token without repeating it', async () => {
      const answer = await dashboard.post('/llm/login', 'token=%3Cscript%3E', FORM);
      expect(answer.status).toBe(401);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.text).toContain('Wrong token.');
      expect(answer.text).not.toContain('<script');
      for (const body of ['', 'token=', `token=${TOKEN}&token=x`, 'token[]=x', `token=${TOKEN}x`])
        expect((await dashboard.post('/llm/login', body, FORM)).status).toBe(401);
    });

    it('accepts the token in the address', async () => {
      const answer = await dashboard.get(`/llm?token=${TOKEN}`);
      expect(answer).toMatchObject({ status: 303, headers: { location: './llm' }, text: '' });
      expect((await dashboard.get('/llm/api/summary', { cookie: cookieOf(answer) })).status).toBe(200);
      expect((await dashboard.get(`/llm/api/summary?token=${TOKEN}`)).status).toBe(303);
      expect((await dashboard.get('/llm/api/summary?token=wrong')).status).toBe(401);
    });

    it('limits the cookie to encrypted connections if the request was encrypted', async () => {
      const headers = { ...FORM, 'x-forwarded-proto': 'https' };
      const answer = await dashboard.post('/llm/login', `token=${TOKEN}`, headers);
      expect(answer.headers['set-cookie']![0]).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
    });

    it('rejects a cookie that was modified, has expired, or belongs to another token', async () => {
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
        // Created with a clock that is a day ahead.
        new Token(TOKEN).openSession(Date.now() + 86_400_000),
        new Token(`${TOKEN}x`).openSession(),
      ];
      for (const value of forged)
        expect((await dashboard.get('/llm/api/summary', { cookie: `${name}=${value}` })).status).toBe(401);
      const own = new Token(TOKEN).openSession();
      expect((await dashboard.get('/llm/api/summary', { cookie: `${name}=${own}` })).status).toBe(200);
    });
  });

  describe('with repeated wrong tokens', () => {
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

    it('allows 30 wrong tokens in any form and then rejects all tokens until the limit recovers', async () => {
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

    it('accepts existing sessions and requires the token for all other requests', async () => {
      const cookie = cookieOf(await dashboard.get(`/llm?token=${TOKEN}`));
      for (let index = 0; index < 40; index++) await guess(index);
      expect((await dashboard.get('/llm/api/summary', { cookie })).status).toBe(200);
      expect((await dashboard.get('/llm')).status).toBe(401);
      expect((await dashboard.get('/llm/api/summary')).status).toBe(401);
    });
  });

  it('warns about a short token without logging it', async () => {
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

    it('runs the guards in order on every route', async () => {
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

    it('creates a request-scoped guard for each request', async () => {
      const { get } = await start({
        providers: [ScopedGuard],
        options: { dashboard: { guards: [ScopedGuard] } },
      });
      expect((await get('/llm/api/summary', { 'x-user': 'ada' })).status).toBe(200);
      expect((await get('/llm/api/summary', { 'x-user': 'eve' })).status).toBe(403);
    });

    it('rejects all requests if a guard cannot be created', async () => {
      const { get } = await start({ options: { dashboard: { guards: [UserGuard] } } });
      for (const route of ROUTES) expect((await get(`/llm${route}`, { 'x-user': 'ada' })).status).toBe(500);
    });

    it('requires the token in addition if it is set', async () => {
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
});

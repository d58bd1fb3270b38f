import { Controller, Get, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { map } from 'rxjs';
import { callRecord } from '../support/call-records.js';
import { cookieOf, FORM, ROUTES, TOKEN } from '../support/dashboard-access.js';
import { get, post, startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { stripPrefix } from '../support/strip-prefix.js';
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

  describe('for requests of other sites', () => {
    beforeEach(async () => {
      await start({ configure: (app) => app.enableCors({ origin: true, credentials: true }) });
    });

    it('responds with 403 whatever the CORS settings of the application', async () => {
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

    it('cannot be embedded as image, frame or script', async () => {
      for (const dest of ['image', 'iframe', 'script']) {
        const mode = dest === 'iframe' ? 'navigate' : 'no-cors';
        const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
        expect((await dashboard.get('/llm/api/summary', headers)).status).toBe(403);
      }
    });

    it('can be opened from a link and responds to its own page', async () => {
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

    it('rejects the login form', async () => {
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

  it('responds with 404 to POST requests on all routes', async () => {
    await start({ options: { dashboard: { token: TOKEN } } });
    const headers = { authorization: `Bearer ${TOKEN}`, ...FORM };
    for (const route of ROUTES)
      expect((await dashboard.post(`/llm${route}`, 'a=b', headers)).status).toBe(404);
  });

  it('does not serve other files', async () => {
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

  it('is served at its configured path, below a global prefix and without a version', async () => {
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

  it('uses the path of the browser behind a proxy that strips a prefix', async () => {
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

  it('uses the prefix that a proxy reports if it is a valid path', async () => {
    const { post } = await start({ options: { dashboard: { token: TOKEN } } });
    const pathFor = async (prefix: string): Promise<string> => {
      const answer = await post('/llm/login', `token=${TOKEN}`, { ...FORM, 'x-forwarded-prefix': prefix });
      return /Path=([^;]*)/.exec(answer.headers['set-cookie']![0]!)![1]!;
    };
    expect(await pathFor('/tools/orders/')).toBe('/tools/orders/llm');
    expect(await pathFor('/a; Domain=evil.example')).toBe('/llm');
    expect(await pathFor('https://evil.example')).toBe('/llm');
  });

  it('bypasses the interceptors of the application', async () => {
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

  it('is not recorded by the telemetry', async () => {
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

  it('has a separate path in each application of a process', async () => {
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

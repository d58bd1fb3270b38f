import {
  Injectable,
  RequestMethod,
  Scope,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD, Reflector, RouterModule } from '@nestjs/core';
import { LlmTelemetryModule } from 'nestjs-llm-telemetry';
import { addressOf } from '../../src/llm-telemetry/dashboard/server/dashboard-address.js';
import { BEARER, TOKEN } from '../support/dashboard-access.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { PLATFORMS, startTelemetryApp } from '../support/telemetry-app.js';

const HTML = { accept: 'text/html,*/*' };
const IS_PUBLIC_KEY = 'isPublic';

/** Guard of the NestJS documentation: requires a JWT for all routes that are not `@Public()`. */
@Injectable()
class JwtAuthGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC_KEY, targets)) return true;
    throw new UnauthorizedException();
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('the dashboard on %s', (platform) => {
  let dashboard: DashboardApp;
  const start = async (setup: Parameters<typeof startDashboardApp>[0] = {}): Promise<DashboardApp> =>
    (dashboard = await startDashboardApp({ platform, ...setup }));
  afterEach(() => dashboard.stop());
  const lines = (): unknown[] => dashboard.logger.of('LlmDashboard').map(({ message }) => message);

  describe('log lines', () => {
    it('contain the URL and state that only this machine has access', async () => {
      const { port } = await start();
      expect(lines()).toEqual([
        `Dashboard: http://127.0.0.1:${port}/llm (this machine only; set dashboard.token or dashboard.guards to ` +
          'open it to others)',
      ]);
    });

    it('state that anyone has access with dashboard.open', async () => {
      const { port } = await start({ options: { dashboard: { open: true } } });
      expect(lines()).toEqual([
        `Dashboard: http://127.0.0.1:${port}/llm (open to anyone who can reach this port; ` +
          'set dashboard.token or dashboard.guards)',
      ]);
    });

    it('contain the global prefix, the path without a version, and the guards', async () => {
      class AdminGuard implements CanActivate {
        canActivate(): boolean {
          return true;
        }
      }
      const { port, get } = await start({
        prefix: '/service/v2/',
        versioning: true,
        options: { dashboard: { path: 'internal/costs', guards: [AdminGuard] } },
      });
      expect(lines()).toEqual([
        `Dashboard: http://127.0.0.1:${port}/service/v2/internal/costs (guards: AdminGuard)`,
      ]);
      expect((await get('/service/v2/internal/costs')).status).toBe(200);
    });

    // nestjs/swagger#105: a URL without the global prefix, or with one that does not apply, is a 404.
    it('omit a global prefix that the dashboard is excluded from', async () => {
      const { port, get } = await start({
        configure: (app) =>
          app.setGlobalPrefix('api', {
            exclude: ['llm', 'llm/*path', { path: 'health', method: RequestMethod.GET }],
          }),
      });
      expect(lines()).toEqual([expect.stringContaining(`http://127.0.0.1:${port}/llm (`)]);
      expect((await get('/llm')).status).toBe(200);
    });

    it('contain the path prefix of RouterModule', async () => {
      const { port, get } = await start({
        prefix: 'api',
        imports: [RouterModule.register([{ path: '/internal', module: LlmTelemetryModule }])],
      });
      expect(lines()).toEqual([expect.stringContaining(`http://127.0.0.1:${port}/api/internal/llm (`)]);
      expect((await get('/api/internal/llm')).status).toBe(200);
    });

    it('are not added for each endpoint', async () => {
      await start({ options: { dashboard: { token: TOKEN } } });
      const mapped = dashboard.logger.of('RouterExplorer').map(({ text }) => text);
      expect(mapped.filter((line) => line.includes('/llm'))).toHaveLength(3);
    });

    it('name global guards and how to bypass them', async () => {
      const { port } = await start({
        providers: [
          { provide: APP_GUARD, useClass: JwtAuthGuard },
          { provide: APP_GUARD, useClass: RequestGuard },
        ],
        options: { dashboard: { token: TOKEN } },
      });
      expect(lines()).toEqual([
        `Dashboard: http://127.0.0.1:${port}/llm (token required; and this application's global guards)`,
        expect.stringMatching(
          /^Global guards apply to the dashboard: JwtAuthGuard, RequestGuard\. .*Set dashboard\.publicMetadataKey/,
        ),
      ]);
    });
  });

  describe('with a global guard', () => {
    const providers = [{ provide: APP_GUARD, useClass: JwtAuthGuard }];

    // nestjs/nest#964: guards cannot be excluded by path, so metadata is needed.
    it('sets the public metadata of the guard on every route', async () => {
      const { get, post } = await start({
        providers,
        options: { dashboard: { token: TOKEN, publicMetadataKey: IS_PUBLIC_KEY } },
      });
      expect(lines()).toEqual([expect.stringMatching(/\(token required\)$/)]);
      expect((await get('/llm', HTML)).text).toContain('<form method="post"');
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      expect((await post('/llm/login', `token=${TOKEN}`, form)).status).toBe(303);
      const headers = BEARER;
      for (const path of ['', '/api/summary', '/api/calls.csv'])
        expect((await get(`/llm${path}`, headers)).status).toBe(200);
      expect((await get('/llm/api/summary')).status).toBe(401);
    });

    it('accepts symbols and several metadata keys', async () => {
      const key = Symbol('public');
      const seen: unknown[] = [];
      const guard: CanActivate = {
        canActivate: (context) => {
          for (const target of [context.getHandler(), context.getClass()])
            seen.push(Reflect.getMetadata(key, target), Reflect.getMetadata('unprotected', target));
          return true;
        },
      };
      const { get } = await start({
        configure: (app) => app.useGlobalGuards(guard),
        options: { dashboard: { token: TOKEN, publicMetadataKey: [key, 'unprotected'] } },
      });
      await get('/llm');
      expect(seen).toEqual([true, true, true, true]);
    });

    it('ignores publicMetadataKey without a token or guards, and logs a warning', async () => {
      const { get } = await start({
        providers,
        options: { dashboard: { publicMetadataKey: IS_PUBLIC_KEY } },
      });
      expect(lines()[0]).toMatch(
        /publicMetadataKey is ignored without dashboard\.token or dashboard\.guards/,
      );
      expect((await get('/llm')).status).toBe(401);
    });

    it('explains that a global guard rejected the request and how to change it', async () => {
      const { get } = await start({ providers, options: { dashboard: { token: TOKEN } } });
      const page = await get('/llm', HTML);
      expect([page.status, page.headers['content-type']]).toEqual([401, 'text/html; charset=utf-8']);
      expect(page.text).toContain('A global guard of this application refused this request.');
      expect((await get('/llm/api/summary')).json()).toMatchObject({
        statusCode: 401,
        message: expect.stringContaining('dashboard.publicMetadataKey'),
      });
      expect(lines().filter((line) => String(line).includes('refused a request with 401'))).toHaveLength(1);
    });
  });

  describe('without a store', () => {
    it('serves the page and its status', async () => {
      const telemetry = await startTelemetryApp({ platform, options: { store: false } });
      try {
        await telemetry.app.listen(0, '127.0.0.1');
        const url = await telemetry.app.getUrl();
        expect((await fetch(`${url}/llm`)).status).toBe(200);
        const status = await fetch(`${url}/llm/api/status`);
        expect(await status.json()).toMatchObject({ store: null, firstCallAt: null });
        const summary = await fetch(`${url}/llm/api/summary`);
        expect([summary.status, await summary.json()]).toMatchObject([
          503,
          { message: 'The store is disabled (store: false).' },
        ]);
      } finally {
        await telemetry.stop();
      }
      await start();
    });
  });

  it('responds with 404 to unknown paths: a page for browsers, JSON for other clients', async () => {
    const { get } = await start();
    for (const path of ['/llm/nonsense', '/llm/calls/a_b', '/llm/calls/1/2', '/llm/login']) {
      const page = await get(path, HTML);
      expect([path, page.status, page.headers['content-type']]).toEqual([
        path,
        404,
        'text/html; charset=utf-8',
      ]);
      expect([path, (await get(path)).json()]).toMatchObject([path, { statusCode: 404 }]);
    }
    for (const path of ['/llm/api', '/llm/api/nonsense', '/llm/api/summary/x'])
      expect([path, (await get(path, HTML)).json()]).toMatchObject([path, { statusCode: 404 }]);
    for (const path of ['/llm', '/llm/', '/llm/calls', '/llm/calls/3612345678901234', '/llm/alerts'])
      expect([path, (await get(path, HTML)).status]).toEqual([path, 200]);
  });
});

describe('an application that does not listen', () => {
  it('does not log the address of the dashboard', async () => {
    const telemetry = await startTelemetryApp();
    expect(telemetry.logger.of('LlmDashboard')).toEqual([]);
    await telemetry.stop();
  });
});

describe('the address of the dashboard', () => {
  it.each([
    [{ address: '::', family: 'IPv6', port: 3000 }, 'http://localhost:3000/llm'],
    [{ address: '0.0.0.0', family: 'IPv4', port: 80 }, 'http://localhost/llm'],
    [{ address: '::1', family: 'IPv6', port: 8080 }, 'http://[::1]:8080/llm'],
    [{ address: '10.0.0.7', family: 'IPv4', port: 3000 }, 'http://10.0.0.7:3000/llm'],
    ['/run/app.sock', '/llm on the socket /run/app.sock'],
    [null, '/llm'],
  ])('of %j is %s', (address, expected) => {
    expect(addressOf({ address: () => address }, '/llm')).toBe(expected);
  });
});

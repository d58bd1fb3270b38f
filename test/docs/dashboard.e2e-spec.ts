import { readFileSync } from 'node:fs';
import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { LlmTelemetryQueries } from 'nestjs-llm-telemetry';
import { callRecord } from '../support/call-records.js';
import { AUTHORIZED, dashboard, HTML, lines, start, TOKEN } from './support/documented-dashboard.js';

/**
 * Verifies the claims of docs/dashboard.md about the server, in the order of the page.
 *
 * Tested elsewhere:
 * - "The URL contains the complete page state", history, unknown parameters, themes → test/dashboard/address.e2e-spec.ts
 * - "By default, the page opens with the shortest range that contains all data" → test/dashboard/first-minutes.e2e-spec.ts
 * - "Versions of one model are one row" → test/store/store-model-versions.e2e-spec.ts
 * - "Filters apply to …", "the budget panel …" → test/dashboard/filters.e2e-spec.ts, test/dashboard/budgets-panels.e2e-spec.ts
 * - Zoom, keys, "every chart is also a table" → test/dashboard/keys.e2e-spec.ts, test/dashboard/overview.e2e-spec.ts
 * - "`X-Forwarded-Prefix` with `?token=`" and wrong tokens per network → test/dashboard/dashboard-routes.e2e-spec.ts
 * - Each route, on Fastify and Express → test/dashboard/dashboard-access.e2e-spec.ts, test/dashboard/dashboard-address.e2e-spec.ts
 * - Endpoints and parameters → test/docs/api.e2e-spec.ts
 */

/** The guard from the NestJS documentation. */
@Injectable()
class JwtAuthGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>('isPublic', targets)) return true;
    throw new UnauthorizedException();
  }
}

describe('the dashboard', () => {
  it('is served at /llm or at dashboard.path', async () => {
    const { get } = await start();
    expect((await get('/llm')).status).toBe(200);
    await dashboard!.stop();
    const other = await start({ options: { dashboard: { path: 'internal/costs' } } });
    expect((await other.get('/internal/costs')).status).toBe(200);
    expect((await other.get('/llm')).status).toBe(404);
  });

  it('loads nothing from other origins', async () => {
    const { get } = await start();
    const page = await get('/llm');
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'/);
    expect(page.headers['content-security-policy']).not.toMatch(/https?:/);
    expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it('shows the same outcome for an abandoned stream and an aborted call', async () => {
    const { store, get } = await start();
    store.record(callRecord({ finishReason: 'cancelled' }));
    store.record(callRecord({ failure: { type: 'aborted', errorClass: 'AbortError' } }));
    const { calls } = (await get('/llm/api/calls')).json() as { calls: Array<{ outcome: string }> };
    expect(new Set(calls.map(({ outcome }) => outcome))).toEqual(new Set(['aborted']));
  });
});

describe('global guards', () => {
  const providers = [{ provide: APP_GUARD, useClass: JwtAuthGuard }];

  it('apply to the dashboard, and the page and the log explain how to exclude it if they reject a request', async () => {
    const { get } = await start({ providers, options: { dashboard: { token: TOKEN } } });
    const page = await get('/llm', { ...HTML, ...AUTHORIZED });
    expect(page.status).toBe(401);
    expect(page.text).toContain('A global guard of this application refused this request.');
    expect(lines().filter((line) => String(line).includes('refused a request with 401'))).toHaveLength(1);
  });

  it('run before the guards of the dashboard', async () => {
    const order: string[] = [];
    const guard = (name: string): CanActivate => ({ canActivate: () => Boolean(order.push(name)) });
    const { get } = await start({
      configure: (app) => app.useGlobalGuards(guard('global')),
      options: { dashboard: { guards: [guard('dashboard')] } },
    });
    await get('/llm/api/summary');
    expect(order).toEqual(['global', 'dashboard']);
  });

  it('allow access if publicMetadataKey is true on the controller and the handlers, as string, symbol or list', async () => {
    const { get } = await start({
      providers,
      options: { dashboard: { token: TOKEN, publicMetadataKey: 'isPublic' } },
    });
    expect((await get('/llm/api/summary')).status).toBe(401);
    expect((await get('/llm/api/summary', AUTHORIZED)).status).toBe(200);
    await dashboard!.stop();
    const key = Symbol('public');
    const seen: unknown[] = [];
    const guard: CanActivate = {
      canActivate: (context) => {
        for (const target of [context.getHandler(), context.getClass()])
          seen.push(Reflect.getMetadata(key, target), Reflect.getMetadata('unprotected', target));
        return true;
      },
    };
    const other = await start({
      configure: (app) => app.useGlobalGuards(guard),
      options: { dashboard: { token: TOKEN, publicMetadataKey: [key, 'unprotected'] } },
    });
    await other.get('/llm');
    expect(seen).toEqual([true, true, true, true]);
  });

  it('are not bypassed without token and guards: the option is ignored with a warning', async () => {
    const { get } = await start({ providers, options: { dashboard: { publicMetadataKey: 'isPublic' } } });
    expect((await get('/llm')).status).toBe(401);
    expect(lines()[0]).toMatch(/publicMetadataKey is ignored without/);
  });

  it('can exclude the dashboard by the name of its controller, LlmDashboardController', async () => {
    const names: string[] = [];
    const guard: CanActivate = {
      canActivate: (context) => Boolean(names.push(context.getClass().name)),
    };
    const { get } = await start({ configure: (app) => app.useGlobalGuards(guard) });
    for (const path of ['', '/api/summary', '/assets/x.js']) await get(`/llm${path}`);
    expect(new Set(names)).toEqual(new Set(['LlmDashboardController']));
  });
});

describe('API', () => {
  it.each(['api/summary', 'api/breakdown?by=feature', 'api/calls'])('returns JSON from %s', async (path) => {
    const { get } = await start();
    const answer = await get(`/llm/${path}`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('application/json');
  });

  it('returns the same measures as LlmTelemetryQueries in the application', async () => {
    const { app, store, get } = await start();
    store.record(callRecord());
    const iso = (at: number): string => new Date(at).toISOString();
    const range = { from: Date.now() - 3_600_000, to: Date.now() + 60_000 };
    const { costUsd, calls } = await app.get(LlmTelemetryQueries, { strict: false }).summary({ range });
    const answer = await get(`/llm/api/summary?from=${iso(range.from)}&to=${iso(range.to)}`);
    expect(answer.json()).toMatchObject({ costUsd, calls });
  });

  it('is described in the API reference, with every endpoint on the page', () => {
    const reference = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
    for (const endpoint of ['summary', 'breakdown', 'calls', 'status']) expect(reference).toContain(endpoint);
  });
});

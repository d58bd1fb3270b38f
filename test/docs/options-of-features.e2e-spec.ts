import { Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { LlmTelemetryAlerts } from 'nestjs-llm-telemetry';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import { callRecord } from '../support/call-record.js';
import { startDashboardApp } from '../support/dashboard-app.js';
import { RollupStore } from '../support/rollup-store.js';
import type { TelemetryApp } from '../support/telemetry-app.js';
import { DAY, MINUTE, WatchedCalls } from '../support/watched-calls.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { called, errorOf, folder, running, start } from './support/application-of-options.js';

/** Verifies the claims of docs/options.md on the store, the dashboard, alerts and budgets. */

describe('store', () => {
  const storeOf = (app: TelemetryApp): CallStore | null => app.app.get(CALL_STORE, { strict: false });

  it('creates the file and its folder', async () => {
    const path = folder.file('data/calls.db');
    const app = await called({ store: { path } });
    expect(await storeOf(app)!.status()).toMatchObject({ state: 'stored', where: path, kept: 1 });
  });

  it('can be "memory", false, or an object that implements CallStore', async () => {
    expect(await storeOf(await called({ store: 'memory' }))!.status()).toMatchObject({ state: 'memory' });
    await running.telemetry!.stop();
    expect(storeOf(await start({ store: false }))).toBeNull();
    await running.telemetry!.stop();
    const store = new RollupStore();
    expect(storeOf(await called({ store }))).toBe(store);
    expect(await store.status()).toMatchObject({ kept: 1 });
    expect((await errorOf({ store: { record: () => {} } })).problems.join()).toContain(
      'must implement CallStore',
    );
  });

  it('keeps calls for 30 days, measures for 400 days, and 1 GiB in a file or 64 MiB in memory by default', () => {
    const kept = { callMs: 30 * DAY, rollupMs: 400 * DAY };
    expect(storeSettings({ path: 'calls.db' })).toMatchObject({
      inFile: { ...kept, maxBytes: 1024 ** 3 },
      inMemory: { ...kept, maxBytes: 64 * 1024 ** 2 },
    });
    const retention = { callDays: 7, rollupDays: 50, maxBytes: 1e6 };
    const own = { callMs: 7 * DAY, rollupMs: 50 * DAY, maxBytes: 1e6 };
    expect(storeSettings({ retention }).inFile).toEqual(own);
  });
});

describe('dashboard', () => {
  const statusOf = async (
    setup: Parameters<typeof startDashboardApp>[0],
    headers?: Record<string, string>,
    path = '/llm/api/status',
  ): Promise<number> => {
    await running.dashboard?.stop();
    running.dashboard = await startDashboardApp(setup);
    return (await running.dashboard.get(path, headers)).status;
  };

  it('is mounted at llm or at path, below the global prefix, and not with false', async () => {
    expect(await statusOf({})).toBe(200);
    const options = { dashboard: { path: 'internal/llm' } };
    expect(await statusOf({ options, prefix: 'api' }, {}, '/api/internal/llm/api/status')).toBe(200);
    expect(await statusOf({ options: { dashboard: false } })).toBe(404);
  });

  it('opens with the token', async () => {
    const options = { dashboard: { token: 'a-long-secret' } };
    expect(await statusOf({ options })).toBe(401);
    expect(
      (await running.dashboard!.get('/llm/api/status', { authorization: 'Bearer a-long-secret' })).status,
    ).toBe(200);
  });

  it('requires each request to pass all guards, given as classes or instances', async () => {
    const header = (name: string): CanActivate => ({
      canActivate: (context) =>
        context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers[name] === 'yes',
    });
    @Injectable()
    class ClassGuard implements CanActivate {
      canActivate = header('x-class').canActivate;
    }
    const options = { dashboard: { guards: [ClassGuard, header('x-instance')] } };
    expect(await statusOf({ options, providers: [ClassGuard] }, { 'x-class': 'yes' })).toBe(403);
    const both = { 'x-class': 'yes', 'x-instance': 'yes' };
    expect((await running.dashboard!.get('/llm/api/status', both)).status).toBe(200);
  });

  it('is open in production only with open: true', async () => {
    process.env['NODE_ENV'] = 'production';
    expect(await statusOf({ options: { store: 'memory' } })).toBe(404);
    expect(await statusOf({ options: { store: 'memory', dashboard: { open: true } } })).toBe(200);
  });

  it('bypasses global guards that recognize publicMetadataKey, as one key or a list of keys', async () => {
    const KEY = 'isPublic';
    @Injectable()
    class GlobalGuard implements CanActivate {
      private readonly reflector = new Reflector();

      canActivate(context: ExecutionContext): boolean {
        return (
          this.reflector.getAllAndOverride<boolean>(KEY, [context.getHandler(), context.getClass()]) ?? false
        );
      }
    }
    expect(SetMetadata(KEY, true).KEY).toBe(KEY);
    const providers = [{ provide: APP_GUARD, useClass: GlobalGuard }];
    const token = 'a-long-secret';
    const headers = { authorization: `Bearer ${token}` };
    expect(await statusOf({ options: { dashboard: { token } }, providers }, headers)).toBe(403);
    for (const publicMetadataKey of [KEY, [KEY, Symbol('other')]])
      expect(
        await statusOf({ options: { dashboard: { token, publicMetadataKey } }, providers }, headers),
      ).toBe(200);
    // Without a token or guards, the key would open the dashboard to everyone.
    expect(await statusOf({ options: { dashboard: { publicMetadataKey: KEY } }, providers })).toBe(403);
  });

  it('links calls to a tracing backend with traceUrl, which must contain {traceId}', async () => {
    const traceUrl = 'https://traces.example/{traceId}/{spanId}';
    running.dashboard = await startDashboardApp({ options: { dashboard: { traceUrl } } });
    running.dashboard.store.record(
      callRecord({ trace: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) } }),
    );
    expect((await running.dashboard.get('/llm/api/calls/1')).json()).toMatchObject({
      traceUrl: `https://traces.example/${'a'.repeat(32)}/${'b'.repeat(16)}`,
    });
    const { problems } = await errorOf({ dashboard: { traceUrl: 'https://traces.example' } });
    expect(problems.join()).toContain('{traceId}');
  });
});

describe('alerts', () => {
  it('are disabled by false', () => {
    const states = async (): Promise<unknown[]> =>
      (await start({ alerts: false }))
        .get(LlmTelemetryAlerts)
        .list()
        .alerts.map(({ state }) => state);
    return expect(states()).resolves.toEqual(Array.from({ length: 10 }, () => 'disabled'));
  });

  it('accept a number as the limit, and features only for alerts by feature', async () => {
    const watched = new WatchedCalls({ options: { limits: { error_ratio: 0.1 } } });
    expect(watched.rule('error_ratio')).toMatchObject({
      limit: 0.1,
      windowMs: 5 * MINUTE,
      forMs: 5 * MINUTE,
    });
    const { problems } = await errorOf({ alerts: { limits: { content_filter: { features: { a: 1 } } } } });
    expect(problems.join()).toContain('features');
  });

  it('send webhook.headers with each message', async () => {
    const receiver = await WebhookReceiver.start();
    const webhook = { url: receiver.url, headers: { authorization: 'Bearer secret' } };
    const watched = new WatchedCalls({ options: { webhook } });
    watched.calls(1, { costUsd: 'unknown' });
    await watched.alerts.evaluate();
    const [message] = await receiver.received(1);
    expect(message!.headers['authorization']).toBe('Bearer secret');
    await watched.alerts.beforeApplicationShutdown();
    await receiver.stop();
  });

  it.each([
    [{ everyMs: 999 }, 'everyMs'],
    [{ everyMs: 600_001 }, 'everyMs'],
    [{ webhook: { url: 'https://hooks.example', timeoutMs: 60_001 } }, 'timeoutMs'],
    [{ webhook: { url: 'https://hooks.example', timeoutMs: 0 } }, 'timeoutMs'],
    [{ webhook: { url: 'ftp://hooks.example' } }, 'alerts.webhook.url'],
    [{ disabled: ['no_such_alert'] }, 'disabled'],
  ])('reject %j as out of the documented range', async (alerts, named) => {
    expect((await errorOf({ alerts })).problems.join()).toContain(named);
  });

  it('are evaluated every everyMs, by default 15,000', () => {
    const intervals = [{}, { everyMs: 1000 }].map((options) => {
      const { alerts, clock } = new WatchedCalls({ options });
      alerts.onApplicationBootstrap();
      return clock.intervals[0]!.ms;
    });
    expect(intervals).toEqual([15_000, 1000]);
  });
});

describe('budgets', () => {
  it.each([
    [{ usd: 0, per: 'day', onExceed: 'warn' }, 'usd'],
    [{ usd: 1, per: 'week', onExceed: 'warn' }, 'per'],
    [{ usd: 1, per: 'day' }, 'onExceed'],
    [{ usd: 1, per: 'day', onExceed: 'warn', feature: 'a', tenant: 'b' }, 'a feature or a tenant, not both'],
  ])('reject %j as a budget', async (budget, named) => {
    expect((await errorOf({ budgets: [budget] })).problems.join()).toContain(named);
  });
});

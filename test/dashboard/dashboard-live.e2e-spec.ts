import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { LlmTelemetryAlerts } from 'nestjs-llm-telemetry';
import type { AlertsResponse, Status } from '../../src/llm-telemetry/dashboard/api/index.js';
import { callRecord } from '../support/call-records.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { connect, EventStream } from '../support/event-stream.js';
import { PLATFORMS } from '../support/telemetry-app.js';

const NO_ALERTS: AlertsResponse = { evaluatedAt: 1, alerts: [], lastFiredAt: null, firings: [] };

/** Alerts controlled by a test. */
class TestAlerts implements Pick<LlmTelemetryAlerts, 'list' | 'onChange'> {
  readonly listeners = new Set<(answer: AlertsResponse) => void>();
  answer = NO_ALERTS;

  list(): AlertsResponse {
    return this.answer;
  }

  onChange(listener: (answer: AlertsResponse) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  change(difference: Partial<AlertsResponse>): void {
    this.answer = { ...this.answer, ...difference };
    for (const listener of this.listeners) listener(this.answer);
  }
}

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('live updates on %s', (platform) => {
  let dashboard: DashboardApp;
  let alerts: TestAlerts;
  beforeEach(async () => {
    alerts = new TestAlerts();
    dashboard = await startDashboardApp({ platform, alerts });
  });
  afterEach(() => dashboard.stop());

  const open = (): Promise<EventStream> => EventStream.open(dashboard.port, '/llm/api/live');
  const clients = async (): Promise<number> =>
    ((await dashboard.get('/llm/api/status')).json() as Status).live.clients;
  /** Polls the status until the count is reached, because the server notices closed connections asynchronously. */
  const untilClients = async (count: number): Promise<void> => {
    while ((await clients()) !== count);
  };

  it('send each call once to all clients soon after it ends', async () => {
    dashboard.store.record(callRecord({ feature: 'before' }));
    const [one, other] = [await open(), await open()];
    expect(one.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-content-type-options': 'nosniff',
    });
    dashboard.store.record(callRecord({ feature: 'first' }));
    // Ended before the first call, but is recorded after it.
    dashboard.store.record(callRecord({ feature: 'late', startedAt: Date.now() - 31_000 }));
    const first = { more: false, calls: [{ feature: 'first' }, { feature: 'late' }] };
    expect(await one.next('calls')).toMatchObject(first);
    expect(await other.next('calls')).toMatchObject(first);
    dashboard.store.record(callRecord({ feature: 'second' }));
    expect(await one.next('calls')).toMatchObject({ calls: [{ feature: 'second' }] });
    one.close();
    other.close();
  });

  it('state that there are more calls than they contain', async () => {
    const stream = await open();
    for (let count = 0; count < 150; count++) dashboard.store.record(callRecord());
    expect(await stream.next('calls')).toMatchObject({ more: true, calls: { length: 100 } });
    stream.close();
  });

  it('contain each call of a busy fleet once, also one that arrives late from another instance', async () => {
    const now = Date.now();
    const ended = (ago: number, feature: string): void =>
      dashboard.store.record(callRecord({ feature, startedAt: now - ago, durationMs: 0 }));
    for (let count = 0; count < 300; count++) ended(1000 + count * 20, 'before');
    const stream = await open();
    ended(500, 'first');
    expect(await stream.next('calls')).toMatchObject({ more: false, calls: [{ feature: 'first' }] });
    // More than a page of calls ended after it.
    ended(6000, 'late');
    expect(await stream.next('calls')).toMatchObject({ more: false, calls: [{ feature: 'late' }] });
    ended(400, 'last');
    expect(await stream.next('calls')).toMatchObject({ more: false, calls: [{ feature: 'last' }] });
    stream.close();
  });

  it('continue after the store was unavailable', async () => {
    const stream = await open();
    dashboard.store.available = false;
    dashboard.store.record(callRecord({ feature: 'meanwhile' }));
    alerts.change({ evaluatedAt: 2 });
    await stream.next('alerts');
    await stream.next('alerts');
    dashboard.store.available = true;
    expect(await stream.next('calls')).toMatchObject({ calls: [{ feature: 'meanwhile' }] });
    stream.close();
  });

  it('send the alerts at the start and after each change', async () => {
    const stream = await open();
    expect(await stream.next('alerts')).toEqual(alerts.answer);
    alerts.change({ evaluatedAt: 2, lastFiredAt: 2 });
    expect(await stream.next('alerts')).toEqual({ ...NO_ALERTS, evaluatedAt: 2, lastFiredAt: 2 });
    expect((await dashboard.get('/llm/api/alerts')).json()).toEqual(alerts.answer);
    stream.close();
  });

  it('are limited to 100 clients, and further clients are rejected', async () => {
    const responses: IncomingMessage[] = [];
    for (let start = 0; start < 1000; start += 50)
      responses.push(
        ...(await Promise.all(Array.from({ length: 50 }, () => connect(dashboard.port, '/llm/api/live')))),
      );
    const served = responses.filter(({ statusCode }) => statusCode === 200);
    const refused = responses.filter(({ statusCode }) => statusCode === 503);
    expect([served.length, refused.length]).toEqual([100, 900]);
    expect(new Set(refused.map(({ headers }) => headers['retry-after']))).toEqual(new Set(['10']));
    expect(await clients()).toBe(100);
    // Other endpoints still respond, and a disconnected client makes room for another.
    expect((await dashboard.get('/llm/api/summary')).status).toBe(200);
    served[0]!.destroy();
    await untilClients(99);
    const late = await open();
    late.close();
    for (const response of responses) response.destroy();
    await untilClients(0);
  }, 60_000);

  it('disconnect only the client that reads too slowly', async () => {
    const slow = await connect(dashboard.port, '/llm/api/live');
    const quick = await open();
    const firing = {
      name: 'error_ratio' as const,
      names: { feature: 'x'.repeat(1_000_000) },
      from: 0,
      to: null,
    };
    await quick.next('alerts');
    for (let evaluatedAt = 2; (await clients()) === 2; evaluatedAt++) {
      alerts.change({ evaluatedAt, firings: [firing] });
      expect(await quick.next('alerts')).toMatchObject({ evaluatedAt });
      // More than the buffers of a connection hold.
      expect(evaluatedAt).toBeLessThan(100);
    }
    expect(await clients()).toBe(1);
    slow.destroy();
    quick.close();
  }, 30_000);

  it('end when the application closes, without delaying it', async () => {
    const streams = await Promise.all([open(), open(), open()]);
    await Promise.all([dashboard.stop(), ...streams.map((stream) => stream.ended())]);
    expect(alerts.listeners.size).toBe(0);
    dashboard = await startDashboardApp({ platform });
  });

  it('remove listeners when the last client disconnects', async () => {
    const streams = await Promise.all([open(), open()]);
    expect(alerts.listeners.size).toBe(1);
    for (const stream of streams) stream.close();
    await untilClients(0);
    expect(alerts.listeners.size).toBe(0);
    const again = await open();
    dashboard.store.record(callRecord({ feature: 'again' }));
    expect(await again.next('calls')).toMatchObject({ calls: [{ feature: 'again' }] });
    again.close();
    await once(again.response, 'close');
  });
});

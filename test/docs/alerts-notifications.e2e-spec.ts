import { existsSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { LlmTelemetryAlerts, type Alert } from 'nestjs-llm-telemetry';
import { MAX_ATTEMPTS, Webhook } from '../../src/llm-telemetry/alerts/notifications/webhook.js';
import { FakeClock } from '../support/fake-clock.js';
import { RollupStore } from '../support/rollup-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { HOUR, MINUTE, NOW, WatchedCalls } from '../support/watched-calls.js';
import { status, WebhookReceiver } from '../support/webhook-receiver.js';
import { Assistant, evaluate, logged, start } from './support/evaluated-alerts.js';

/** Verifies the claims of docs/alerts.md on notifications, restarts and several processes. */

describe('notifications', () => {
  let receiver: WebhookReceiver;
  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
  });
  afterEach(() => receiver.stop());

  it('sends one notification to the log, onAlert and the webhook when an alert fires or resolves', async () => {
    Logger.overrideLogger(false);
    const options = { webhook: { url: receiver.url } };
    const watched = new WatchedCalls({ options });
    const logs = import.meta.jest.spyOn(Logger.prototype, 'warn');
    const infos = import.meta.jest.spyOn(Logger.prototype, 'log');
    watched.calls(1, { costUsd: 'unknown' });
    for (let evaluation = 0; evaluation < 3; evaluation++) await watched.alerts.evaluate();
    watched.clock.advance(2 * HOUR);
    for (let evaluation = 0; evaluation < 3; evaluation++) await watched.alerts.evaluate();
    const changes = ['unpriced_calls firing', 'unpriced_calls resolved'];
    expect(watched.notified.map(({ name, state }) => `${name} ${state}`)).toEqual(changes);
    const posted = (await receiver.received(2)).map(({ body }) => body.alert as unknown as Alert);
    expect(posted.map(({ name, state }) => `${name} ${state}`)).toEqual(changes);
    expect([logs.mock.calls.length, infos.mock.calls.length]).toEqual([1, 1]);
    import.meta.jest.restoreAllMocks();
    await watched.alerts.beforeApplicationShutdown();
    expect(receiver.messages).toHaveLength(2);
  });

  it('posts text, blocks, service and alert', async () => {
    const sender = new Webhook({ url: receiver.url }, 'shop', new FakeClock(0), () => {});
    sender.send(alert('a'));
    const [message] = await receiver.received(1);
    expect(Object.keys(message!.body)).toEqual(['text', 'blocks', 'service', 'alert']);
    expect(message!.body.service).toBe('shop');
    await sender.close();
  });

  /** Posts one alert to a receiver that rejects every request. */
  async function refused(answer: ReturnType<typeof status>): Promise<{ waits: number[]; failure: string }> {
    const clock = new (class extends FakeClock {
      override async wait(ms: number): Promise<void> {
        this.waits.push(ms);
      }
    })(0);
    receiver.answers.push(...Array.from({ length: MAX_ATTEMPTS }, () => answer));
    const failure = await new Promise<string>((onFailure) =>
      new Webhook({ url: receiver.url }, null, clock, onFailure).send(alert('a')),
    );
    return { waits: clock.waits, failure };
  }

  it('retries a rejected message for about two minutes, and logs that it was dropped', async () => {
    const { waits, failure } = await refused(status(500));
    expect(waits.reduce((sum, ms) => sum + ms)).toBe(123_000);
    expect(failure).toMatch(/^Alert a \(firing\) was not delivered to the webhook: HTTP 500/);
  });

  it('respects retry-after up to one minute', async () => {
    const short = await refused(status(429, { 'retry-after': '7' }));
    expect(new Set(short.waits)).toEqual(new Set([7000]));
    receiver.answers.length = 0;
    const long = await refused(status(429, { 'retry-after': '3600' }));
    expect(long.waits).toEqual([60_000, 60_000]);
  });

  it('does not follow redirects', async () => {
    const elsewhere = await WebhookReceiver.start();
    const { failure } = await refused(status(307, { location: elsewhere.url }));
    expect(failure).toContain('HTTP 307');
    expect(elsewhere.messages).toEqual([]);
    await elsewhere.stop();
  });

  it('keeps the order of messages about one alert and does not delay messages about other alerts', async () => {
    const clock = new FakeClock(0);
    const sender = new Webhook({ url: receiver.url }, null, clock, () => {});
    receiver.answers.push(status(500));
    sender.send(alert('a'));
    await receiver.received(1);
    sender.send({ ...alert('a'), state: 'resolved' });
    sender.send(alert('b'));
    await receiver.received(2);
    clock.advance(MINUTE);
    const messages = await receiver.received(4);
    expect(
      messages.map(({ body }) => `${body.alert['key'] as string} ${body.alert['state'] as string}`),
    ).toEqual(['a firing', 'b firing', 'a firing', 'a resolved']);
    await sender.close();
  });

  it('does not delay calls by evaluation or delivery', async () => {
    let accept = (): void => {};
    receiver.answers.push((response) => (accept = () => response.end()));
    const app = await start({ alerts: { webhook: { url: receiver.url } } });
    app.get(Assistant).unpriced();
    await evaluate(app);
    await receiver.received(1);
    // The webhook has not responded yet.
    await app.get(Assistant).summarize();
    await app.flush();
    expect(app.records).toHaveLength(2);
    accept();
  });
});

describe('restarts and several processes', () => {
  const folder = temporaryFolder();

  it('skips the evaluation if the clock is set by more than 5 seconds, not by less', async () => {
    const watched = new WatchedCalls();
    watched.calls(1, { costUsd: 'unknown' });
    await watched.alerts.evaluate();
    watched.clock.jump(2 * HOUR);
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual(['unpriced_calls{} firing']);
    watched.clock.jump(4000);
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual(['unpriced_calls{} firing', 'unpriced_calls{} resolved']);
  });

  it('does not repeat a notification after a restart, and saves firing alerts next to the store file', async () => {
    const path = folder.file('calls.db');
    const first = await start({ store: { path } });
    first.get(Assistant).unpriced();
    await evaluate(first);
    expect(logged(first)).toHaveLength(1);
    await first.stop();
    expect(existsSync(folder.file('calls.db.alerts.json'))).toBe(true);

    const second = await start({ store: { path } });
    await evaluate(second);
    const { alerts } = second.get(LlmTelemetryAlerts).list();
    expect(alerts.find(({ name }) => name === 'unpriced_calls')!.state).toBe('firing');
    expect(logged(second)).toEqual([]);
  });

  it('sends a notification for an alert that fires only because its limit was lowered', async () => {
    const store = new RollupStore();
    const before = new WatchedCalls({ store, options: { limits: { unpriced_calls: 5 } } });
    before.calls(1, { costUsd: 'unknown' });
    await before.alerts.evaluate();
    const after = new WatchedCalls({ store });
    await after.alerts.evaluate();
    expect([before.news(), after.news()]).toEqual([[], ['unpriced_calls{} firing']]);
  });

  it('sends a notification for a new budget, and evaluates budget_burn only since the start of the process', async () => {
    const store = new RollupStore();
    await new WatchedCalls({ store }).alerts.evaluate();
    const paces = async () => [{ name: 'all', limitUsd: 1, projectedUsd: 3 }];
    const after = new WatchedCalls({ store, now: NOW + MINUTE, budgets: { paces } });
    after.calls(1, {}, NOW - HOUR);
    await after.alerts.evaluate();
    expect(after.news()).toEqual(['budget_burn{budget="all"} firing']);
    expect(after.worst('budget_burn').since).toBe(NOW + MINUTE);
  });

  it('sends every notification from each process that shares a store, with the same key', async () => {
    const store = new RollupStore();
    const processes = [new WatchedCalls({ store }), new WatchedCalls({ store })];
    for (const { alerts } of processes) await alerts.evaluate();
    processes[0]!.calls(1, { costUsd: 'unknown' });
    for (const { alerts } of processes) await alerts.evaluate();
    expect(processes.map(({ notified }) => notified.map(({ key }) => key))).toEqual([
      ['unpriced_calls{}'],
      ['unpriced_calls{}'],
    ]);
  });
});

function alert(key: string): Alert {
  return {
    key,
    name: 'error_ratio',
    severity: 'critical',
    state: 'firing',
    names: {},
    value: 1,
    limit: 0.05,
    unit: 'ratio',
    condition: 'Failed calls above 5%',
    sentence: 'Failed calls: 100%.',
    note: null,
    since: NOW,
    windowMs: 5 * MINUTE,
    forMs: 5 * MINUTE,
  };
}

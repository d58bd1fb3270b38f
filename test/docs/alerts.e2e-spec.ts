import { existsSync, readFileSync } from 'node:fs';
import { Injectable, Logger } from '@nestjs/common';
import {
  currentLlmCall,
  LlmCall,
  LlmTelemetryAlerts,
  type Alert,
  type AlertName,
  type AlertsResponse,
  type AlertsOptions,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import request from 'supertest';
import { ALERT_DEFINITIONS } from '../../src/llm-telemetry/alerts/definitions/alert-definitions.js';
import { MAX_ATTEMPTS, Webhook } from '../../src/llm-telemetry/alerts/notifications/webhook.js';
import { FakeClock } from '../support/fake-clock.js';
import { KeptCalls } from '../support/kept-calls.js';
import { chat } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { DAY, HOUR, MINUTE, NOW, WatchedCalls, type Traffic } from '../support/watched-calls.js';
import { status, WebhookReceiver } from '../support/webhook-receiver.js';

/** The statements of docs/alerts.md, in the order of the page. */

// Proven elsewhere:
// "The code block compiles and runs."                        → test/docs/code-and-links.e2e-spec.ts
// "The file of notified alerts cannot be read or written."   → test/alerts/alert-watch.e2e-spec.ts
// "Each alert fires for a fault of an emulated provider."    → test/alerts/alerts.e2e-spec.ts

const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(): Promise<void> {
    await this.openai.chat.completions.create(chat());
  }

  /** Fires `unpriced_calls`. */
  @LlmCall({ feature: 'orders', operation: 'local' })
  unpriced(): void {
    currentLlmCall()!.recordResponse({ provider: 'local', model: 'my-model', usage: { inputTokens: 1 } });
  }
}

let telemetry: TelemetryApp | undefined;
afterEach(async () => {
  await telemetry?.stop();
  telemetry = undefined;
});

async function start(options: LlmTelemetryOptions): Promise<TelemetryApp> {
  telemetry = await startTelemetryApp({ providers: [Assistant], options });
  return telemetry;
}

async function evaluate(app: TelemetryApp): Promise<void> {
  await app.flush();
  await app.get(LlmTelemetryAlerts).evaluate();
}

const logged = (app: TelemetryApp): string[] =>
  app.logger.entries.map(({ text }) => text).filter((text) => text.startsWith('alert='));

/** The state of an alert with 100 calls, some of them faulty, and without a duration before it fires. */
async function stateWith(name: AlertName, faulty: number, fault: Traffic): Promise<string> {
  const watched = new WatchedCalls({ options: { limits: { [name]: { forMs: 0 } } } });
  watched.calls(100 - faulty);
  watched.calls(faulty, fault);
  await watched.alerts.evaluate();
  return watched.rule(name).state;
}

describe('evaluation', () => {
  it('evaluates ten alerts every 15 seconds on the calls in the store', () => {
    const { alerts, clock } = new WatchedCalls();
    alerts.onApplicationBootstrap();
    expect(clock.intervals.map(({ ms }) => ms)).toEqual([15_000]);
    expect(alerts.list().alerts).toHaveLength(10);
  });

  it('documents the name, the window and the duration of each alert', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\|[^|]+\| *([^|]*?) *\| *([^|]*?) *\|$/gm)];
    const length = (ms: number): string => (ms < HOUR ? `${ms / MINUTE} min` : `${ms / HOUR} h`);
    expect(rows.map(([, name, times]) => [name, times])).toEqual(
      ALERT_DEFINITIONS.map(({ name, windowMs, forMs }) => [
        name,
        name === 'budget_burn' ? '' : length(windowMs) + (forMs > 0 ? `, ${length(forMs)}` : ''),
      ]),
    );
    expect(rows.filter(([, , , needs]) => needs === '20 calls').map(([, name]) => name)).toEqual(
      ALERT_DEFINITIONS.filter(({ name, minimum }) => minimum === 20 && name !== 'traffic_gone').map(
        ({ name }) => name,
      ),
    );
  });

  it.each<[AlertName, string, number, Traffic]>([
    ['high_latency', 'the P99 of call durations is above 10 s', 1, { durationMs: 10_500 }],
    ['truncation_spike', 'more than 5 % of calls are truncated', 5, { truncated: true }],
    ['rate_limiting', 'providers rate-limit more than 10 requests a minute', 10, { rateLimited: 1 }],
    ['content_filter', 'a content filter blocks more than 3 calls', 3, { failure: 'content_filter' }],
    ['error_ratio', 'more than 5 % of calls fail', 5, { failure: 'server_error' }],
    ['unpriced_calls', 'a call has usage but no known price', 0, { costUsd: 'unknown' }],
    ['missing_usage', 'more than 1 % of answered calls have no usage', 1, { usage: 'missing' }],
  ])('fires %s if %s', async (name, _condition, allowed, fault) => {
    expect(await stateWith(name, allowed, fault)).toBe('ok');
    expect(await stateWith(name, allowed + 1, fault)).toBe('firing');
  });

  it('fires cost_spike if the last hour cost more than twice the mean of that hour on the 7 days before', async () => {
    const watched = new WatchedCalls();
    for (let day = 1; day <= 8; day++) watched.calls(10, { costUsd: 0.03125 }, NOW - day * DAY - 10 * MINUTE);
    watched.calls(20, { costUsd: 0.03125 });
    await watched.alerts.evaluate();
    expect(watched.rule('cost_spike').state).toBe('ok');
    watched.calls(1, { costUsd: 0.03125 });
    await watched.alerts.evaluate();
    watched.clock.advance(10 * MINUTE);
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual(['cost_spike{feature="support_chat"} firing']);
  });

  it('fires budget_burn if the projected spend of a period exceeds its budget', async () => {
    const pace = { name: 'all', limitUsd: 10, projectedUsd: 10 };
    const watched = new WatchedCalls({ budgets: { paces: async () => [pace] } });
    await watched.alerts.evaluate();
    expect(watched.rule('budget_burn').state).toBe('ok');
    pace.projectedUsd = 10.01;
    await watched.alerts.evaluate();
    expect(watched.rule('budget_burn').state).toBe('firing');
  });

  it('fires traffic_gone if a feature has no call in 30 minutes, but had 20 in them a week before', async () => {
    const watched = new WatchedCalls();
    watched.calls(20, { feature: 'busy' }, NOW - 7 * DAY - 10 * MINUTE);
    watched.calls(19, { feature: 'rare' }, NOW - 7 * DAY - 10 * MINUTE);
    await watched.alerts.evaluate();
    const { instances } = watched.rule('traffic_gone');
    expect(instances.map(({ names, state }) => [names.feature, state])).toEqual([['busy', 'firing']]);
  });

  it('fires only after the value has been beyond its limit for the documented duration', async () => {
    const watched = new WatchedCalls();
    watched.calls(20, { failure: 'server_error' });
    await watched.alerts.evaluate();
    watched.clock.advance(5 * MINUTE - 1000);
    watched.calls(20, { failure: 'server_error' });
    await watched.alerts.evaluate();
    expect(watched.rule('error_ratio').state).toBe('pending');
    watched.clock.advance(1000);
    await watched.alerts.evaluate();
    expect(watched.rule('error_ratio').state).toBe('firing');
  });

  it('reports insufficient_data and does not fire with too few calls or too little history', async () => {
    const watched = new WatchedCalls();
    watched.calls(19, { failure: 'server_error', durationMs: 60_000, truncated: true, usage: 'missing' });
    watched.calls(1, { feature: 'new', costUsd: 5 });
    await watched.alerts.evaluate();
    for (const name of ['error_ratio', 'cost_spike', 'traffic_gone'] as const)
      expect([name, watched.rule(name).state]).toEqual([name, 'insufficient_data']);
    expect(watched.news()).toEqual([]);
  });

  it('notes what cost_spike compares with, which is the hours so far on the first day of a feature', async () => {
    const watched = new WatchedCalls();
    watched.history(10 * HOUR, 10, { costUsd: 0.02 });
    watched.calls(10, { costUsd: 0.06 });
    await watched.alerts.evaluate();
    expect(watched.worst('cost_spike')).toMatchObject({
      state: 'pending',
      note: expect.stringContaining('the mean of the previous 9 h (less than a day of history') as string,
    });
  });

  it('compares cost_spike with the 24 hours before if there is no week of history', async () => {
    const watched = new WatchedCalls();
    watched.history(3 * DAY, 10, { costUsd: 0.02 });
    watched.calls(10, { costUsd: 0.06 });
    await watched.alerts.evaluate();
    expect(watched.worst('cost_spike').note).toContain('the mean of the previous 24 h.');
  });
});

describe('limits', () => {
  const options: AlertsOptions = {
    limits: {
      high_latency: { limit: 5_000, forMs: 0, features: { contract_review: 30_000, batch: false } },
      error_ratio: { limit: 0.02, forMs: 0 },
    },
    disabled: ['traffic_gone'],
  };

  it('uses the limits of the application, and those of single features for alerts by feature', async () => {
    const watched = new WatchedCalls({ options });
    for (const feature of ['support_chat', 'contract_review', 'batch'])
      watched.calls(20, { feature, durationMs: 20_000 });
    await watched.alerts.evaluate();
    const states = watched.rule('high_latency').instances.map(({ names, state }) => [names.feature, state]);
    expect(Object.fromEntries(states)).toEqual({
      support_chat: 'firing',
      contract_review: 'ok',
      batch: 'disabled',
    });
  });

  it('does not evaluate the alerts in disabled', async () => {
    const watched = new WatchedCalls({ options });
    watched.calls(25, {}, NOW - 7 * DAY - 10 * MINUTE);
    await watched.alerts.evaluate();
    expect(watched.rule('traffic_gone').state).toBe('disabled');
  });

  it('passes onAlert an alert with a sentence', async () => {
    const watched = new WatchedCalls({ options });
    watched.calls(20, { failure: 'server_error' });
    await watched.alerts.evaluate();
    expect(watched.told.map(({ sentence }) => sentence)).toEqual([
      'Failed calls of support_chat: 100% in 5 min, above the limit of 2%. Check the error types of the failed calls.',
    ]);
  });

  it('sends nothing if the URL of the webhook is undefined', async () => {
    const app = await start({ alerts: { webhook: { url: undefined } } });
    app.get(Assistant).unpriced();
    await evaluate(app);
    expect(logged(app)).toHaveLength(1);
    expect(app.logger.entries.filter(({ text }) => text.includes('webhook'))).toEqual([]);
  });
});

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
    expect(watched.told.map(({ name, state }) => `${name} ${state}`)).toEqual(changes);
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

  /** Posts one alert to a receiver that never accepts it. */
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

  it('retries a message that is not accepted for about two minutes, and logs that it was dropped', async () => {
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

  it('keeps the order of messages about one alert and does not delay messages about others', async () => {
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

  it('never delays a call by evaluation or delivery', async () => {
    let accept = (): void => {};
    receiver.answers.push((response) => (accept = () => response.end()));
    const app = await start({ alerts: { webhook: { url: receiver.url } } });
    app.get(Assistant).unpriced();
    await evaluate(app);
    await receiver.received(1);
    // The webhook has not answered yet.
    await app.get(Assistant).summarize();
    await app.flush();
    expect(app.records).toHaveLength(2);
    accept();
  });
});

describe('restarts and several processes', () => {
  const folder = temporaryFolder();

  it('skips the evaluation after the clock was set by more than 5 seconds, not by less', async () => {
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

  it('notifies of an alert that fires only because of a lower limit', async () => {
    const store = new KeptCalls();
    const before = new WatchedCalls({ store, options: { limits: { unpriced_calls: 5 } } });
    before.calls(1, { costUsd: 'unknown' });
    await before.alerts.evaluate();
    const after = new WatchedCalls({ store });
    await after.alerts.evaluate();
    expect([before.news(), after.news()]).toEqual([[], ['unpriced_calls{} firing']]);
  });

  it('notifies of a new budget, and budget_burn fires since the start of the process at the earliest', async () => {
    const store = new KeptCalls();
    await new WatchedCalls({ store }).alerts.evaluate();
    const paces = async () => [{ name: 'all', limitUsd: 1, projectedUsd: 3 }];
    const after = new WatchedCalls({ store, now: NOW + MINUTE, budgets: { paces } });
    after.calls(1, {}, NOW - HOUR);
    await after.alerts.evaluate();
    expect(after.news()).toEqual(['budget_burn{budget="all"} firing']);
    expect(after.worst('budget_burn').since).toBe(NOW + MINUTE);
  });

  it('notifies every change in each process that shares a store, with the same key', async () => {
    const store = new KeptCalls();
    const processes = [new WatchedCalls({ store }), new WatchedCalls({ store })];
    for (const { alerts } of processes) await alerts.evaluate();
    processes[0]!.calls(1, { costUsd: 'unknown' });
    for (const { alerts } of processes) await alerts.evaluate();
    expect(processes.map(({ told }) => told.map(({ key }) => key))).toEqual([
      ['unpriced_calls{}'],
      ['unpriced_calls{}'],
    ]);
  });
});

describe('state', () => {
  it('lists every alert with its state, value, limit and time, and serves the same as JSON', async () => {
    const app = await start({ alerts: { disabled: ['high_latency'] } });
    app.get(Assistant).unpriced();
    await evaluate(app);
    const answer = app.get(LlmTelemetryAlerts).list();
    const [unpriced] = answer.alerts;
    expect(unpriced).toMatchObject({
      name: 'unpriced_calls',
      state: 'firing',
      instances: [{ state: 'firing', value: 1, limit: 0, since: expect.any(Number) as number }],
    });
    expect(new Set(answer.alerts.map(({ state }) => state))).toEqual(
      new Set(['firing', 'ok', 'insufficient_data', 'disabled']),
    );
    const { body } = await request(app.app.getHttpServer() as never)
      .get('/llm/api/alerts')
      .expect(200);
    expect(body as AlertsResponse).toEqual(JSON.parse(JSON.stringify(answer)));
  });

  it('reports pending before an alert fires and resolved after it', async () => {
    const watched = new WatchedCalls();
    watched.calls(20, { failure: 'server_error' });
    const states: string[] = [];
    for (const later of [0, 5 * MINUTE - 1000, 1000, 10 * MINUTE]) {
      watched.clock.advance(later);
      if (later < 10 * MINUTE) watched.calls(20, { failure: 'server_error' });
      else watched.calls(20);
      await watched.alerts.evaluate();
      states.push(watched.rule('error_ratio').state);
    }
    expect(states).toEqual(['pending', 'pending', 'firing', 'resolved']);
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

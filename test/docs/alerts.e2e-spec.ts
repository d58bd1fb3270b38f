import { readFileSync } from 'node:fs';
import {
  LlmTelemetryAlerts,
  type AlertName,
  type AlertsResponse,
  type AlertsOptions,
} from 'nestjs-llm-telemetry';
import request from 'supertest';
import { ALERT_DEFINITIONS } from '../../src/llm-telemetry/alerts/definitions/alert-definitions.js';
import { DAY, HOUR, MINUTE, NOW, WatchedCalls, type Traffic } from '../support/watched-calls.js';
import { Assistant, evaluate, logged, start } from './support/evaluated-alerts.js';

/** Verifies the claims of docs/alerts.md, in the order of the page. */

// Tested elsewhere:
// "The code block compiles and runs."                        → test/docs/code-and-links.e2e-spec.ts
// "The file of notified alerts cannot be read or written."   → test/alerts/alert-watch.e2e-spec.ts
// "Each alert fires for a fault of an emulated provider."    → test/alerts/alerts.e2e-spec.ts

const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');

/** Returns the state of an alert without a wait, after 100 calls of which `faulty` have a fault. */
async function stateWith(name: AlertName, faulty: number, fault: Traffic): Promise<string> {
  const watched = new WatchedCalls({ options: { limits: { [name]: { forMs: 0 } } } });
  watched.calls(100 - faulty);
  watched.calls(faulty, fault);
  await watched.alerts.evaluate();
  return watched.rule(name).state;
}

describe('evaluation', () => {
  it('evaluates ten alerts every 15 seconds from the calls in the store', () => {
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

  it('fires cost_spike if the last hour cost more than twice the mean of the same hour on the previous 7 days', async () => {
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

  it('fires traffic_gone if a feature has no calls in 30 minutes, but had 20 calls a week before', async () => {
    const watched = new WatchedCalls();
    watched.calls(20, { feature: 'busy' }, NOW - 7 * DAY - 10 * MINUTE);
    watched.calls(19, { feature: 'rare' }, NOW - 7 * DAY - 10 * MINUTE);
    await watched.alerts.evaluate();
    const { instances } = watched.rule('traffic_gone');
    expect(instances.map(({ names, state }) => [names.feature, state])).toEqual([['busy', 'firing']]);
  });

  it('fires only after the value has exceeded its limit for the documented duration', async () => {
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

  it('states the baseline of cost_spike, which is the hours so far on the first day of a feature', async () => {
    const watched = new WatchedCalls();
    watched.history(10 * HOUR, 10, { costUsd: 0.02 });
    watched.calls(10, { costUsd: 0.06 });
    await watched.alerts.evaluate();
    expect(watched.worst('cost_spike')).toMatchObject({
      state: 'pending',
      note: expect.stringContaining('the mean of the previous 9 h (less than a day of history') as string,
    });
  });

  it('compares cost_spike with the previous 24 hours if there is no week of history', async () => {
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

  it('uses the limits of the application, and limits of single features for alerts by feature', async () => {
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

  it('does not evaluate disabled alerts', async () => {
    const watched = new WatchedCalls({ options });
    watched.calls(25, {}, NOW - 7 * DAY - 10 * MINUTE);
    await watched.alerts.evaluate();
    expect(watched.rule('traffic_gone').state).toBe('disabled');
  });

  it('passes an alert with a sentence to onAlert', async () => {
    const watched = new WatchedCalls({ options });
    watched.calls(20, { failure: 'server_error' });
    await watched.alerts.evaluate();
    expect(watched.notified.map(({ sentence }) => sentence)).toEqual([
      'Failed calls of support_chat: 100% in 5 min, above the limit of 2%. Check the error types of the failed calls.',
    ]);
  });

  it('sends nothing if the webhook URL is undefined', async () => {
    const app = await start({ alerts: { webhook: { url: undefined } } });
    app.get(Assistant).unpriced();
    await evaluate(app);
    expect(logged(app)).toHaveLength(1);
    expect(app.logger.entries.filter(({ text }) => text.includes('webhook'))).toEqual([]);
  });
});

describe('state', () => {
  it('lists every alert with its state, value, limit and time, and serves the same data as JSON', async () => {
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

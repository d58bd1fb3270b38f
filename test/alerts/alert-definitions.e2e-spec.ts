import type { AlertName } from '../../src/llm-telemetry/alerts/definitions/alert.js';
import { ALERT_DEFINITIONS } from '../../src/llm-telemetry/alerts/definitions/alert-definitions.js';
import { DAY, HOUR, MINUTE, NOW, WatchedCalls, type Traffic } from '../support/watched-calls.js';

const CHAT: Traffic = { feature: 'support_chat', operation: 'reply', model: 'gpt-4o-mini' };
const ORDERS: Traffic = { feature: 'order_dashboard', operation: 'summarize', model: 'claude-haiku-4-5' };

/** Calls per minute of a healthy service, for which no alert may fire. */
const NORMAL: ReadonlyArray<readonly [number, Traffic]> = [
  [5, CHAT],
  [5, { ...ORDERS, durationMs: 2400 }],
];

/** A fault for each alert, and the notification that it causes. */
const FAULTS: ReadonlyArray<{
  readonly name: AlertName;
  /** Faulty calls per minute, in addition to the normal ones. */
  readonly fault: readonly [number, Traffic];
  readonly firesAfter: number;
  readonly key: string;
  readonly sentence: string;
}> = [
  {
    name: 'high_latency',
    fault: [5, { ...CHAT, durationMs: 13_400 }],
    firesAfter: 2 * MINUTE,
    key: 'high_latency{feature="support_chat",operation="reply"}',
    sentence:
      'P99 duration of support_chat/reply: 13.4 s in 5 min, above the limit of 10 s. Check the slowest calls for retries, long outputs or a slow model.',
  },
  {
    name: 'truncation_spike',
    fault: [5, { ...CHAT, truncated: true, model: 'gpt-4o' }],
    // The alert requires 20 calls of the model.
    firesAfter: 8 * MINUTE,
    key: 'truncation_spike{model="gpt-4o"}',
    sentence:
      'Truncated calls of gpt-4o: 100% in 15 min, above the limit of 5%. Raise the output token limit or shorten the input.',
  },
  {
    name: 'rate_limiting',
    fault: [4, { ...CHAT, rateLimited: 3 }],
    firesAfter: 2 * MINUTE,
    key: 'rate_limiting{}',
    sentence:
      'Rate-limited requests: 12 a minute, above the limit of 10 a minute. Most affected: gpt-4o-mini (12 of 12). Reduce concurrency or ask the provider for a higher limit.',
  },
  {
    name: 'content_filter',
    fault: [4, { ...CHAT, failure: 'content_filter', feature: 'stories' }],
    firesAfter: 0,
    key: 'content_filter{}',
    sentence:
      'Calls blocked by a content filter: 4 in 1 h, above the limit of 3. Most affected: stories (4 of 4). Check the inputs of these calls and the filter settings of the provider.',
  },
  {
    name: 'error_ratio',
    fault: [5, { ...CHAT, failure: 'server_error' }],
    firesAfter: 5 * MINUTE,
    key: 'error_ratio{feature="support_chat"}',
    sentence:
      'Failed calls of support_chat: 50% in 5 min, above the limit of 5%. Check the error types of the failed calls.',
  },
  {
    name: 'unpriced_calls',
    fault: [1, { ...CHAT, costUsd: 'unknown', model: 'qwen3-32b' }],
    firesAfter: 0,
    key: 'unpriced_calls{}',
    sentence:
      'Unpriced calls: 1 in 1 h, above the limit of 0. Most affected: qwen3-32b (1 of 1). Add a price with pricing.overrides or pricing.file.',
  },
  {
    name: 'missing_usage',
    fault: [10, { ...CHAT, usage: 'missing', costUsd: 0 }],
    firesAfter: 15 * MINUTE,
    key: 'missing_usage{}',
    sentence:
      'Calls without usage: 30% in 1 h, above the limit of 1%. Set includeStreamUsage if these calls are streamed.',
  },
];

describe.each(FAULTS)('$name', ({ name, fault, firesAfter, key, sentence }) => {
  it('fires after the fault has lasted long enough, and resolves after it has ended', async () => {
    const watched = new WatchedCalls();
    const notified = (): object[] =>
      watched.notified
        .filter((alert) => alert.name === name)
        .map(({ key, state, sentence }) => (state === 'firing' ? { key, state, sentence } : { key, state }));
    await watched.run(20 * MINUTE, ...NORMAL);
    expect(watched.news()).toEqual([]);

    await watched.run(firesAfter, ...NORMAL, fault);
    if (firesAfter > 0) expect([notified(), watched.rule(name).state]).toEqual([[], 'pending']);
    else watched.calls(...fault);
    await watched.alerts.evaluate();
    expect(notified()).toEqual([{ key, state: 'firing', sentence }]);
    expect(watched.worst(name)).toMatchObject({ state: 'firing', lastFiredAt: watched.clock.now() });

    await watched.run(80 * MINUTE, ...NORMAL);
    expect(notified()).toEqual([
      { key, state: 'firing', sentence },
      { key, state: 'resolved' },
    ]);
    await watched.run(20 * MINUTE, ...NORMAL);
    expect(watched.rule(name).state).toBe('ok');
  });
});

describe('normal traffic', () => {
  it('fires no alert in a week of busy days and quiet nights', async () => {
    const watched = new WatchedCalls();
    for (let hour = 0; hour < 8 * 24; hour++) {
      // Days have five times the traffic of nights.
      const calls = hour % 24 < 12 ? 25 : 5;
      watched.calls(calls, { ...CHAT, costUsd: 0.04 });
      watched.calls(calls, { ...ORDERS, costUsd: 0.08, durationMs: 2400 });
      await watched.alerts.evaluate();
      watched.clock.advance(HOUR / 2);
      await watched.alerts.evaluate();
      watched.clock.advance(HOUR / 2);
      // Evaluates just before the burst of the next hour.
      await watched.alerts.evaluate();
    }
    expect(watched.news()).toEqual([]);
  });
});

describe('cost_spike', () => {
  it('compares with the same hour of the 7 days before, by feature', async () => {
    const watched = new WatchedCalls();
    // At this time of day, support_chat usually costs $1 and order_dashboard $0.20.
    for (let day = 1; day <= 7; day++) {
      watched.calls(10, { ...CHAT, costUsd: 0.1 }, NOW - day * DAY - 10 * MINUTE);
      watched.calls(10, { ...ORDERS, costUsd: 0.02 }, NOW - day * DAY - 10 * MINUTE);
    }
    watched.history(8 * DAY, 1, { ...CHAT, costUsd: 0.001 });
    watched.calls(18, { ...CHAT, costUsd: 0.1 });
    watched.calls(18, { ...ORDERS, costUsd: 0.05 });
    await watched.alerts.evaluate();
    watched.clock.advance(10 * MINUTE);
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual(['cost_spike{feature="order_dashboard"} firing']);
    expect(watched.notified[0]).toMatchObject({
      value: expect.closeTo(0.9),
      limit: expect.closeTo(0.4),
      sentence:
        'Cost of order_dashboard: $0.900 an hour, above the limit of $0.400 an hour. The limit is 2 × $0.200, the mean of this time of day on the previous 7 days. Compare calls, tokens per call and models with the days before.',
    });
    watched.clock.advance(HOUR);
    await watched.alerts.evaluate();
    expect(watched.news().at(-1)).toBe('cost_spike{feature="order_dashboard"} resolved');
  });

  it('compares with the mean of the previous hours if there is less than a week of history', async () => {
    const watched = new WatchedCalls();
    watched.history(10 * HOUR, 10, { ...CHAT, costUsd: 0.02 });
    watched.calls(10, { ...CHAT, costUsd: 0.03 });
    await watched.alerts.evaluate();
    expect(watched.worst('cost_spike')).toMatchObject({ state: 'ok', value: expect.closeTo(0.3) });
    watched.calls(10, { ...CHAT, costUsd: 0.03 });
    await watched.alerts.evaluate();
    expect(watched.worst('cost_spike')).toMatchObject({
      state: 'pending',
      value: expect.closeTo(0.6),
      note: 'The limit is 2 × $0.200, the mean of the previous 9 h (less than a day of history: a normal daily rise can exceed it).',
    });

    const older = new WatchedCalls();
    older.history(3 * DAY, 10, { ...CHAT, costUsd: 0.02 });
    older.calls(10, { ...CHAT, costUsd: 0.03 });
    await older.alerts.evaluate();
    expect(older.worst('cost_spike')).toMatchObject({
      note: expect.stringMatching(/, the mean of the previous 24 h\.$/) as string,
    });
  });

  it('reports insufficient data for too little history, too little cost or no earlier cost', async () => {
    const young = new WatchedCalls();
    young.history(5 * HOUR, 10, CHAT);
    young.calls(100, { ...CHAT, costUsd: 1 });
    await young.alerts.evaluate();
    expect(young.worst('cost_spike')).toMatchObject({
      state: 'insufficient_data',
      value: expect.closeTo(100),
      limit: null,
      note: 'Too little history: 4 h, at least 6 h required.',
    });

    const cheap = new WatchedCalls();
    cheap.history(10 * HOUR, 1, { ...CHAT, costUsd: 0.0001 });
    cheap.calls(1, { ...CHAT, costUsd: 0.099 });
    await cheap.alerts.evaluate();
    expect(cheap.worst('cost_spike')).toMatchObject({
      state: 'insufficient_data',
      note: 'Below the minimum of $0.100 in 1 h.',
    });

    const idle = new WatchedCalls();
    idle.history(3 * DAY, 1, { ...CHAT, costUsd: 0 });
    idle.calls(1, { ...CHAT, costUsd: 1 });
    await idle.alerts.evaluate();
    expect(idle.worst('cost_spike')).toMatchObject({
      state: 'insufficient_data',
      note: 'No earlier cost to compare with.',
    });
  });

  it('does not fire for a new feature', async () => {
    const watched = new WatchedCalls();
    watched.history(8 * DAY, 10, { ...CHAT, costUsd: 0.02 });
    watched.calls(10, { ...CHAT, costUsd: 0.02 });
    watched.calls(100, { feature: 'launched_today', costUsd: 1 });
    await watched.alerts.evaluate();
    expect(watched.rule('cost_spike').instances.map(({ names, state }) => [names.feature, state])).toEqual([
      ['support_chat', 'ok'],
      ['launched_today', 'insufficient_data'],
    ]);
  });
});

describe('traffic_gone', () => {
  it('fires for a feature without calls that was busy a week before, and resolves with its next call', async () => {
    const watched = new WatchedCalls();
    await watched.alerts.evaluate();
    watched.calls(25, CHAT, NOW - 7 * DAY - 10 * MINUTE);
    watched.calls(25, ORDERS, NOW - 7 * DAY - 10 * MINUTE);
    watched.calls(5, ORDERS);
    await watched.alerts.evaluate();
    expect(watched.notified).toMatchObject([
      {
        key: 'traffic_gone{feature="support_chat"}',
        state: 'firing',
        value: 0,
        sentence:
          'Calls of support_chat: 0 in 30 min, below the limit of 1. There were 25 in the same window a week before. Check that the feature is reachable and still used.',
      },
    ]);
    watched.calls(1, CHAT);
    await watched.alerts.evaluate();
    expect(watched.news().at(-1)).toBe('traffic_gone{feature="support_chat"} resolved');
  });

  it('counts calls at both ends of its 30-minute window', async () => {
    const watched = new WatchedCalls();
    await watched.alerts.evaluate();
    watched.calls(10, CHAT, NOW - 7 * DAY - 29 * MINUTE);
    watched.calls(10, CHAT, NOW - 7 * DAY - MINUTE);
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual(['traffic_gone{feature="support_chat"} firing']);
  });

  it('does not fire for calls that came later in the current minute a week before', async () => {
    const watched = new WatchedCalls();
    await watched.alerts.evaluate();
    watched.calls(25, CHAT, NOW - 7 * DAY + 20_000);
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual([]);
  });

  it('reports insufficient data if no feature was busy in the same window a week before', async () => {
    const watched = new WatchedCalls();
    watched.calls(19, CHAT, NOW - 7 * DAY - 10 * MINUTE);
    // These calls ended before the window.
    watched.calls(100, ORDERS, NOW - 7 * DAY - 35 * MINUTE);
    await watched.alerts.evaluate();
    expect(watched.worst('traffic_gone')).toMatchObject({
      state: 'insufficient_data',
      note: 'No feature had 20 calls in the same 30 min a week before.',
    });
  });

  it('reports insufficient data with less than a week of history', async () => {
    const watched = new WatchedCalls();
    watched.history(6 * DAY, 100, CHAT);
    await watched.alerts.evaluate();
    expect(watched.worst('traffic_gone')).toMatchObject({
      state: 'insufficient_data',
      note: 'Less than a week of history.',
    });
  });
});

describe('budget_burn', () => {
  it('is disabled without a budget', async () => {
    const watched = new WatchedCalls();
    await watched.alerts.evaluate();
    expect(watched.worst('budget_burn')).toMatchObject({
      state: 'disabled',
      note: 'No budget is configured.',
    });
  });

  it('fires if the projected spend exceeds the budget, and resolves when it no longer does', async () => {
    const paces = [
      { name: 'month', limitUsd: 3000, projectedUsd: 3869 },
      { name: 'day', limitUsd: 100, projectedUsd: null },
    ];
    const watched = new WatchedCalls({ budgets: { paces: async () => paces } });
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual(['budget_burn{budget="month"} firing']);
    expect(watched.notified[0]!.sentence).toBe(
      'Projected spend for the budget of month: $3,869.00, above the limit of $3,000.00. The budget is $3,000.00. Reduce spend or raise the budget.',
    );
    paces[0]!.projectedUsd = 2900;
    await watched.alerts.evaluate();
    expect(watched.news().at(-1)).toBe('budget_burn{budget="month"} resolved');
  });
});

describe('too few calls', () => {
  it.each([
    ['high_latency', { durationMs: 60_000 }, 'Too few calls: 19 in 5 min, at least 20 required.'],
    ['truncation_spike', { truncated: true }, 'Too few calls: 19 in 15 min, at least 20 required.'],
    ['error_ratio', { failure: 'auth' }, 'Too few calls: 19 in 5 min, at least 20 required.'],
    ['missing_usage', { usage: 'missing' }, 'Too few calls: 19 in 1 h, at least 20 required.'],
  ] as const)('are reported as insufficient data by %s', async (name, traffic, note) => {
    const watched = new WatchedCalls({ options: { limits: { [name]: { forMs: 0 } } } });
    watched.calls(19, traffic);
    await watched.alerts.evaluate();
    expect(watched.worst(name)).toMatchObject({ state: 'insufficient_data', note });
    watched.calls(1, traffic);
    await watched.alerts.evaluate();
    expect(watched.worst(name)).toMatchObject({ state: 'firing', note: null });
  });

  it('are reported by every alert with a minimum if there are no calls', async () => {
    const watched = new WatchedCalls();
    await watched.alerts.evaluate();
    expect(Object.fromEntries(watched.alerts.list().alerts.map(({ name, state }) => [name, state]))).toEqual({
      high_latency: 'insufficient_data',
      truncation_spike: 'insufficient_data',
      rate_limiting: 'ok',
      cost_spike: 'insufficient_data',
      content_filter: 'ok',
      error_ratio: 'insufficient_data',
      unpriced_calls: 'ok',
      missing_usage: 'insufficient_data',
      budget_burn: 'disabled',
      traffic_gone: 'insufficient_data',
    });
  });
});

describe('limits', () => {
  it.each(ALERT_DEFINITIONS.map(({ name }) => name))(
    'are not exceeded by a value equal to the limit: %s',
    async (name) => {
      const watched = new WatchedCalls({
        options: {
          limits: { high_latency: { forMs: 0 }, error_ratio: { forMs: 0 }, truncation_spike: { forMs: 0 } },
        },
      });
      watched.calls(57, { durationMs: 10_000 });
      watched.calls(3, { failure: 'content_filter', durationMs: 10_000 });
      watched.calls(10, { rateLimited: 1, feature: 'other' });
      await watched.alerts.evaluate();
      expect(watched.rule(name).state).not.toMatch(/firing|pending/);
    },
  );

  it('can be set by the application, also for single features', async () => {
    const watched = new WatchedCalls({
      options: {
        limits: {
          error_ratio: { limit: 0.2, forMs: 0, minimum: 10, features: { strict: 0.05, careless: false } },
          content_filter: 0,
        },
        disabled: ['unpriced_calls'],
      },
    });
    for (const feature of ['strict', 'usual', 'careless']) {
      watched.calls(9, { feature });
      watched.calls(1, { feature, failure: 'server_error', costUsd: 'unknown' });
    }
    await watched.alerts.evaluate();
    const { instances, limit } = watched.rule('error_ratio');
    expect(limit).toBe(0.2);
    expect(instances.map(({ names, state, limit }) => [names.feature, state, limit])).toEqual([
      ['strict', 'firing', 0.05],
      ['usual', 'ok', 0.2],
      ['careless', 'disabled', null],
    ]);
    expect(watched.rule('unpriced_calls')).toMatchObject({ state: 'disabled', instances: [] });
    expect(watched.rule('content_filter')).toMatchObject({
      condition: 'Calls blocked by a content filter above 0 in 1 h',
    });
  });

  it('are described in the condition of each alert', () => {
    const watched = new WatchedCalls({ options: { limits: { cost_spike: 3, high_latency: 30_000 } } });
    expect(watched.alerts.list().alerts.map(({ condition }) => condition)).toEqual(
      expect.arrayContaining([
        'P99 duration above 30 s in 5 min, by operation, for 2 min',
        'Cost in 1 h above 3 × the mean of the same time on the previous 7 days, by feature, for 10 min',
        'Calls below 1 in 30 min, with at least 20 in the same window a week before, by feature',
        'Rate-limited requests above 10 a minute, for 2 min',
      ]),
    );
  });
});

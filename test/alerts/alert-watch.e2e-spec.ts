import { readdirSync, writeFileSync } from 'node:fs';
import { LlmTelemetryAlerts } from '../../src/llm-telemetry/alerts/llm-telemetry-alerts.js';
import { STORE_TIMEOUT_MS } from '../../src/llm-telemetry/alerts/alert-evaluator.js';
import type { BudgetPace } from '../../src/llm-telemetry/alerts/readings/reading.js';
import { NotifiedAlertsFile } from '../../src/llm-telemetry/alerts/notifications/notified-alerts.js';
import { FakeClock } from '../support/fake-clock.js';
import { RollupStore } from '../support/rollup-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { DAY, HOUR, MINUTE, NOW, WatchedCalls } from '../support/watched-calls.js';

/** A store that can stop responding. */
class FailingStore extends RollupStore {
  broken: 'not' | 'rejects' | 'hangs' = 'not';
  queries = 0;

  override measure(query: Parameters<RollupStore['measure']>[0]): ReturnType<RollupStore['measure']> {
    this.queries++;
    if (this.broken === 'rejects') return Promise.reject(new Error('disk full'));
    if (this.broken === 'hangs') return new Promise(() => {});
    return super.measure(query);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a store that fails', () => {
  it('leaves alerts in their states until it responds again', async () => {
    const store = new FailingStore();
    const watched = new WatchedCalls({ store });
    watched.calls(1, { costUsd: 'unknown' });
    await watched.alerts.evaluate();
    const before = watched.alerts.list();
    expect(watched.rule('unpriced_calls').state).toBe('firing');

    store.broken = 'rejects';
    watched.clock.advance(2 * HOUR);
    await watched.alerts.evaluate();
    expect(watched.alerts.list()).toEqual(before);

    store.broken = 'not';
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual(['unpriced_calls{} firing', 'unpriced_calls{} resolved']);
  });

  it('is queried with a timeout, after which the other rules are skipped', async () => {
    const store = new FailingStore();
    const watched = new WatchedCalls({ store });
    store.broken = 'hangs';
    const evaluation = watched.alerts.evaluate();
    await turn();
    watched.clock.advance(STORE_TIMEOUT_MS);
    await evaluation;
    expect(store.queries).toBe(1);
    expect(watched.alerts.list().evaluatedAt).toBeNull();

    store.broken = 'not';
    watched.calls(1, { costUsd: 'unknown' });
    await watched.alerts.evaluate();
    expect(watched.rule('unpriced_calls').state).toBe('firing');
  });
});

describe('evaluation', () => {
  it('runs every 15 seconds, one at a time, until it is stopped', async () => {
    const store = new FailingStore();
    const { alerts, clock } = new WatchedCalls({ store });
    alerts.onApplicationBootstrap();
    expect(clock.intervals.map(({ ms }) => ms)).toEqual([15_000]);
    await alerts.evaluate();
    const queries = store.queries;

    store.broken = 'hangs';
    clock.intervals[0]!.run();
    clock.intervals[0]!.run();
    await turn();
    expect(store.queries).toBe(queries + 1);
    clock.advance(STORE_TIMEOUT_MS);
    await alerts.evaluate();

    await alerts.beforeApplicationShutdown();
    expect(clock.intervals).toEqual([]);
  });

  it('starts with the first interval of an in-memory store, which has no earlier calls', async () => {
    const store = new FailingStore();
    const clock = new FakeClock(NOW);
    const alerts = new LlmTelemetryAlerts({}, { store, past: false, clock });
    alerts.onApplicationBootstrap();
    await turn();
    expect(store.queries).toBe(0);
    clock.intervals[0]!.run();
    await alerts.evaluate();
    expect(store.queries).toBeGreaterThan(0);
  });

  it.each([
    ['alerts: false', false, new RollupStore()],
    ['no store', {}, null],
  ] as const)('is disabled with %s', async (_what, option, store) => {
    const clock = new FakeClock(NOW);
    const alerts = new LlmTelemetryAlerts(option, { store, clock });
    alerts.onApplicationBootstrap();
    await alerts.evaluate();
    expect(clock.intervals).toEqual([]);
    expect(alerts.list()).toMatchObject({ evaluatedAt: null, lastFiredAt: null, firings: [] });
    expect(alerts.list().alerts.map(({ state }) => state)).toEqual(Array(10).fill('disabled'));
  });

  it('continues after listeners and callbacks throw, and calls the other listeners', async () => {
    const received: Array<number | null> = [];
    const watched = new WatchedCalls({
      options: {
        onAlert: () => {
          throw new Error('onAlert is on fire');
        },
      },
    });
    watched.alerts.onChange(() => {
      throw new Error('a listener is on fire');
    });
    const stop = watched.alerts.onChange(({ lastFiredAt }) => received.push(lastFiredAt));
    await watched.alerts.evaluate();
    watched.calls(1, { costUsd: 'unknown' });
    await watched.alerts.evaluate();
    // Nothing has changed.
    await watched.alerts.evaluate();
    stop();
    watched.clock.advance(2 * HOUR);
    await watched.alerts.evaluate();
    expect(received).toEqual([null, NOW]);
  });

  it('continues after onAlert rejects', async () => {
    const watched = new WatchedCalls({
      options: { onAlert: () => Promise.reject(new Error('onAlert is on fire')) },
    });
    watched.calls(1, { costUsd: 'unknown' });
    await watched.alerts.evaluate();
    expect(watched.rule('unpriced_calls').state).toBe('firing');
  });
});

describe('a clock that is set', () => {
  const jumps: ReadonlyArray<readonly [string, number]> = [
    ['a minute ahead', MINUTE],
    ['a minute back', -MINUTE],
    ['a day ahead', DAY],
    ['a day back', -DAY],
    ['a year ahead', 365 * DAY],
    ['a year back', -365 * DAY],
  ];

  it.each(jumps)('does not resolve firing alerts when it is set %s between evaluations', async (_, by) => {
    const watched = new WatchedCalls();
    watched.calls(1, { costUsd: 'unknown' });
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual(['unpriced_calls{} firing']);
    for (const jump of [by, -by]) {
      watched.clock.jump(jump);
      watched.clock.advance(15_000);
      await watched.alerts.evaluate();
    }
    watched.clock.advance(15_000);
    await watched.alerts.evaluate();
    expect(watched.news()).toEqual(['unpriced_calls{} firing']);
    expect(watched.worst('unpriced_calls')).toMatchObject({ state: 'firing', since: NOW });
  });

  it.each(jumps)('does not shorten the required time beyond the limit when it is set %s', async (_, by) => {
    const watched = new WatchedCalls();
    const failing = (): void => watched.calls(30, { failure: 'server_error' });
    failing();
    await watched.alerts.evaluate();
    expect(watched.worst('error_ratio').state).toBe('pending');
    watched.clock.jump(by);
    for (const minute of [0, 1, 2, 3, 4]) {
      failing();
      await watched.alerts.evaluate();
      expect([minute, watched.worst('error_ratio').state]).toEqual([minute, 'pending']);
      watched.clock.advance(MINUTE);
    }
    failing();
    await watched.alerts.evaluate();
    expect(watched.worst('error_ratio').state).toBe('firing');
  });

  it('does not stop alerts if it is set before every evaluation', async () => {
    const watched = new WatchedCalls();
    await watched.alerts.evaluate();
    for (let n = 0; n < 4; n++) {
      watched.clock.jump(HOUR);
      watched.calls(1, { costUsd: 'unknown' });
      await watched.alerts.evaluate();
    }
    expect(watched.news()).toEqual(['unpriced_calls{} firing']);
  });
});

describe('firing periods of alerts', () => {
  it('are listed, the latest first', async () => {
    const watched = new WatchedCalls();
    await watched.alerts.evaluate();
    watched.calls(1, { costUsd: 'unknown' });
    await watched.alerts.evaluate();
    watched.clock.advance(2 * HOUR);
    await watched.alerts.evaluate();
    watched.calls(4, { failure: 'content_filter' });
    await watched.alerts.evaluate();
    expect(watched.alerts.list()).toMatchObject({
      lastFiredAt: NOW + 2 * HOUR,
      firings: [
        { name: 'content_filter', names: {}, from: NOW + 2 * HOUR, to: null },
        { name: 'unpriced_calls', names: {}, from: NOW, to: NOW + 2 * HOUR },
      ],
    });
  });
});

describe('a process that starts with a store of earlier calls', () => {
  /** A service that has failed for ten minutes, until it stopped. */
  async function failedUntil(store: RollupStore): Promise<WatchedCalls> {
    const before = new WatchedCalls({ store });
    await before.run(5 * MINUTE, [10, {}]);
    await before.run(10 * MINUTE, [10, { failure: 'server_error' }]);
    expect(before.news()).toEqual(['error_ratio{feature="support_chat"} firing']);
    return before;
  }

  it('restores firing alerts, does not notify them again, and notifies when they resolve', async () => {
    const store = new RollupStore();
    const before = await failedUntil(store);
    const after = new WatchedCalls({ store, now: before.clock.now() + 20_000 });
    await after.alerts.evaluate();
    expect(after.rule('error_ratio').state).toBe('firing');
    expect(after.alerts.list().firings).toHaveLength(1);
    await after.run(10 * MINUTE, [10, {}]);
    expect(after.news()).toEqual(['error_ratio{feature="support_chat"} resolved']);
  });

  it('notifies an alert that began to fire while no process was running', async () => {
    const store = new RollupStore();
    const before = new WatchedCalls({
      store,
      options: { limits: { error_ratio: { windowMs: 15 * MINUTE } } },
    });
    await before.run(5 * MINUTE, [10, {}]);
    await before.run(3 * MINUTE, [10, { failure: 'server_error' }]);
    expect(before.news()).toEqual([]);
    const after = new WatchedCalls({
      store,
      now: before.clock.now() + 5 * MINUTE,
      options: { limits: { error_ratio: { windowMs: 15 * MINUTE } } },
    });
    await after.alerts.evaluate();
    expect(after.news()).toEqual(['error_ratio{feature="support_chat"} firing']);
  });

  it('notifies each alert once if two processes share a store', async () => {
    const store = new RollupStore();
    const [one, other] = [new WatchedCalls({ store }), new WatchedCalls({ store })];
    for (let look = 0; look < 20; look++) {
      one.calls(1, { costUsd: 'unknown' });
      await one.alerts.evaluate();
      await other.alerts.evaluate();
      one.clock.advance(15_000);
      other.clock.advance(15_000);
    }
    for (const { notified } of [one, other])
      expect(notified.map(({ key, state }) => [key, state])).toEqual([['unpriced_calls{}', 'firing']]);
  });

  it('notifies an alert that fires because its limit was lowered', async () => {
    const store = new RollupStore();
    const before = new WatchedCalls({ store, options: { limits: { error_ratio: 0.5 } } });
    await before.run(15 * MINUTE, [9, {}], [1, { failure: 'server_error' }]);
    expect(before.news()).toEqual([]);
    const after = new WatchedCalls({ store, now: before.clock.now() + 1000 });
    await after.alerts.evaluate();
    expect(after.rule('error_ratio').state).toBe('firing');
    expect(after.news()).toEqual(['error_ratio{feature="support_chat"} firing']);

    const next = new WatchedCalls({ store, now: after.clock.now() + 1000 });
    await next.alerts.evaluate();
    expect(next.rule('error_ratio').state).toBe('firing');
    expect(next.news()).toEqual([]);
  });

  it('notifies a new budget that is exceeded, with the start of the process as its start', async () => {
    const store = new RollupStore();
    const before = new WatchedCalls({ store });
    await before.run(10 * MINUTE, [1, {}]);
    const paces = async (): Promise<BudgetPace[]> => [{ name: 'all', limitUsd: 1, projectedUsd: 3 }];
    const now = before.clock.now() + 1000;
    const after = new WatchedCalls({ store, now, budgets: { paces } });
    await after.alerts.evaluate();
    expect(after.news()).toEqual(['budget_burn{budget="all"} firing']);
    expect(after.worst('budget_burn').since).toBe(now);
    const next = new WatchedCalls({ store, now: now + 60_000, budgets: { paces } });
    await next.alerts.evaluate();
    expect(next.news()).toEqual([]);
  });

  it('notifies once that an alert has resolved while no process was running', async () => {
    const store = new RollupStore();
    const before = await failedUntil(store);
    const now = before.clock.now() + DAY;
    const after = new WatchedCalls({ store, now });
    await after.alerts.evaluate();
    expect(after.notified).toMatchObject([
      {
        key: 'error_ratio{feature="support_chat"}',
        state: 'resolved',
        names: { feature: 'support_chat' },
        sentence: 'Failed calls of support_chat: No calls in 5 min.',
        since: now,
      },
    ]);
    expect(after.rule('error_ratio').state).toBe('insufficient_data');

    const next = new WatchedCalls({ store, now: now + MINUTE });
    await next.alerts.evaluate();
    expect(next.news()).toEqual([]);
  });

  it('notifies that an alert has resolved with the first value within the limit', async () => {
    const store = new RollupStore();
    const before = await failedUntil(store);
    const after = new WatchedCalls({ store, now: before.clock.now() + HOUR });
    after.calls(100);
    await after.alerts.evaluate();
    expect(after.notified.map(({ sentence }) => sentence)).toEqual([
      'Failed calls of support_chat: 0% in 5 min, within the limit of 5% again.',
    ]);
  });
});

describe('the file of notified alerts', () => {
  const folder = temporaryFolder();
  const fileOf = (path: string | null): NotifiedAlertsFile => new NotifiedAlertsFile(async () => path);

  it('keeps the keys of firing alerts next to the file of the store', async () => {
    const path = folder.file('calls.db');
    expect(await fileOf(path).read()).toBeNull();
    const file = fileOf(path);
    await Promise.all([file.write(new Set(['a{}'])), file.write(new Set(['a{}', 'b{}']))]);
    expect(await fileOf(path).read()).toEqual(new Set(['a{}', 'b{}']));
    expect(readdirSync(folder.path)).toEqual(['calls.db.alerts.json']);
  });

  it('is treated as unknown if it cannot be read or written', async () => {
    const path = folder.file('calls.db');
    writeFileSync(`${path}.alerts.json`, '{"a":');
    expect(await fileOf(path).read()).toBeNull();
    await fileOf(folder.file('no/such/folder/calls.db')).write(new Set(['a{}']));
    await fileOf(null).write(new Set(['a{}']));
    expect(await fileOf(null).read()).toBeNull();
  });
});

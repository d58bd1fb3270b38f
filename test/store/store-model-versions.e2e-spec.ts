import { LlmTelemetryQueries } from '../../src/llm-telemetry/analytics/llm-telemetry-queries.js';
import type { CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import { callRecord } from '../support/call-record.js';
import { MemoryStore } from '../support/memory-store.js';

const NOW = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const RANGE = { from: NOW - 3_600_000, to: NOW + 60_000 };

/** Calls of one model under three names, and of two other models. */
const CALLS = [
  ['gpt-4o-mini', [90, 110]],
  ['gpt-4o-mini-2024-07-18', [200, 300, 400, 500, 5000]],
  ['gpt-4o-mini-latest', [250]],
  ['gpt-4o', [700]],
  ['claude-haiku-4-5-20251001', [100, 120]],
] as const;

function fill(store: CallStore): void {
  for (const [model, durations] of CALLS)
    for (const durationMs of durations) store.record(callRecord({ model, durationMs, endedAt: NOW }));
}

describe('versions of a model', () => {
  let store: ThreadedStore;
  let queries: LlmTelemetryQueries;

  beforeAll(async () => {
    store = new ThreadedStore(storeSettings('memory'));
    fill(store);
    await store.flush();
    queries = new LlmTelemetryQueries(store, null, null);
  });
  afterAll(() => store.close());

  // promptfoo/promptfoo#1728: versions of one model can have different prices, so each keeps its own cost.
  it('are merged into one group that lists their names, with summed counts and quantiles of all calls', async () => {
    const query = { range: RANGE, by: ['model'], quantiles: true } as const;
    const exact = await queries.breakdown(query);
    const merged = await queries.breakdown({ ...query, mergeVersions: true });
    expect(exact.groups.map(({ names }) => names.model)).toHaveLength(5);
    expect(merged.groups.map(({ names, measures }) => [names.model, measures.calls])).toEqual([
      ['gpt-4o-mini', 8],
      ['claude-haiku-4-5', 2],
      ['gpt-4o', 1],
    ]);
    const [mini] = merged.groups;
    expect(mini!.versions!.map(({ model, measures }) => [model, measures.calls])).toEqual([
      ['gpt-4o-mini-2024-07-18', 5],
      ['gpt-4o-mini', 2],
      ['gpt-4o-mini-latest', 1],
    ]);
    const costs = mini!.versions!.map(({ measures }) => measures.costUsd);
    expect(mini!.measures.costUsd).toBeCloseTo(
      costs.reduce((sum, cost) => sum + cost, 0),
      12,
    );
    // Of 90, 110, 200, 250, 300, 400, 500 and 5000 ms: neither value is a quantile of a single name.
    expect(mini!.measures.duration).toMatchObject({ count: 8 });
    expect(Math.abs(mini!.measures.duration!.p50 / 250 - 1)).toBeLessThan(0.02);
    expect(Math.abs(mini!.measures.duration!.p99 / 5000 - 1)).toBeLessThan(0.02);
    expect(merged.total.calls).toBe(11);
  });

  it('are merged into one series over time', async () => {
    const timeline = await queries.timeline({
      range: RANGE,
      by: ['model'],
      metrics: ['calls', 'duration.p50'],
      mergeVersions: true,
    });
    expect(timeline.groups.map(({ names }) => names.model)).toEqual([
      'gpt-4o-mini',
      'claude-haiku-4-5',
      'gpt-4o',
    ]);
    const [mini] = timeline.groups;
    expect(mini!.values.calls!.filter(Boolean)).toEqual([8]);
    expect(Math.abs(mini!.values['duration.p50']!.find((value) => value !== null)! / 250 - 1)).toBeLessThan(
      0.02,
    );
  });

  it.each([
    ['gpt-4o-mini', 8],
    ['gpt-4o-mini-2024-07-18', 5],
    ['gpt-4o', 1],
    ['gpt-4', 0],
  ])('are filtered by the name without a version, in measures and in lists: %s', async (model, calls) => {
    const where = { model: [model] };
    expect((await queries.summary({ range: RANGE, where })).calls).toBe(calls);
    expect((await queries.calls({ range: RANGE, where })).calls).toHaveLength(calls);
  });

  it('are merged without quantiles if a custom store does not support versions', async () => {
    const simple = new MemoryStore();
    fill(simple);
    const { groups } = await new LlmTelemetryQueries(simple, null, null).breakdown({
      range: RANGE,
      by: ['model'],
      quantiles: true,
      mergeVersions: true,
    });
    expect(
      groups.map(({ names, measures }) => [names.model, measures.calls, measures.duration?.count]),
    ).toEqual([
      ['gpt-4o-mini', 8, undefined],
      ['claude-haiku-4-5', 2, 2],
      ['gpt-4o', 1, 1],
    ]);
  });
});

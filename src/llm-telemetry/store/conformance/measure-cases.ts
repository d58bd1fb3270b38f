import assert from 'node:assert/strict';
import type { CallRecord } from '../../calls/record.js';
import { DAY, HOUR, MINUTE, startOf } from '../../units/time.js';
import type { BucketedQuery, Dimension, MeasureFilter, MeasureQuery, TimeRange } from '../measures.js';
import type { CasesOf } from './case-names.js';
import { groupsOf, selected, sharesOf, sumsOf, unpricedTokensOf } from './expected-measures.js';
import { callOf, costOfUnits, recentRecords, unknownCost } from './generated-records.js';
import { ALL_TIMES, type Given } from './given.js';
import { MeasureChecks } from './measure-checks.js';
import { assertRejected, assertSame, INVALID_QUERY } from './plain.js';

async function measured(given: Given, records: readonly CallRecord[]) {
  const store = await given.holding(records);
  return { store, checks: new MeasureChecks(store, records, given.originOf(), given.options) };
}

/** Checks queries of generated calls. The range starts and ends within a minute. */
async function checkQueries(
  given: Given,
  queries: ReadonlyArray<Omit<MeasureQuery, 'range'>>,
): Promise<void> {
  const { records, range } = recentRecords(500);
  const { checks } = await measured(given, records);
  for (const query of queries) await checks.measure({ ...query, range: within(range) });
}

function within({ from, to }: TimeRange): TimeRange {
  return { from: from + 5 * HOUR + 12_345, to: to - HOUR - 1 };
}

const FILTERS: readonly MeasureFilter[] = [
  { feature: ['orders'] },
  { operation: ['classify', 'none'] },
  { provider: ['ollama', null] },
  { model: [null] },
  { provider: ['openai'], feature: ['orders', 'search'] },
  { route: ['POST /r1', null] },
  { tenant: ['tenant-1'] },
  { user: ['user-7', null], feature: ['support'] },
  { tenant: [null], model: ['claude-haiku-4-5'] },
  { feature: [] },
  { model: ['none'] },
];

export const CASES: CasesOf<'measures'> = {
  'measures all calls of a range, widened to whole minutes': async (given) => {
    const { records, range } = recentRecords(500);
    const { checks } = await measured(given, records);
    const { from } = range;
    const ranges = [
      range,
      within(range),
      { from: from + 59_999, to: from + 60_001 },
      { from: from + 10 * HOUR + 1, to: from + 10 * HOUR + 2 },
      { from: from + 31 * MINUTE, to: from + 29 * HOUR + 17 * MINUTE },
    ];
    for (const one of ranges) {
      await checks.measure({ range: one, quantiles: true });
      await checks.measure({ range: one, where: { user: ['user-1', 'user-2', null] } });
    }
  },

  'measures calls by each dimension, and by several': (given) => {
    const dimensions: readonly Dimension[][] = [
      ['feature'],
      ['operation'],
      ['provider'],
      ['model'],
      ['service'],
      ['version'],
      ['environment'],
      ['feature', 'operation', 'provider', 'model'],
      ['version', 'feature'],
    ];
    return checkQueries(
      given,
      dimensions.flatMap((by) => [{ by }, { by, quantiles: true, bucketMs: 6 * HOUR }]),
    );
  },

  'measures calls that match a filter': (given) =>
    checkQueries(
      given,
      FILTERS.flatMap((where) => [{ where }, { where, by: ['model'], bucketMs: DAY, quantiles: true }]),
    ),

  'measures over time in buckets of any length, also of the days of a time zone': (given) =>
    checkQueries(
      given,
      (
        [
          [MINUTE, 0],
          [7 * MINUTE, 0],
          [15 * MINUTE, 0],
          [HOUR, 30 * MINUTE],
          [6 * HOUR, 0],
          [DAY, 0],
          [DAY, 5 * HOUR + 45 * MINUTE],
          [DAY, -8 * HOUR],
        ] as const
      ).flatMap(([bucketMs, bucketOffsetMs]) => [
        { bucketMs, bucketOffsetMs },
        { bucketMs, bucketOffsetMs, where: { tenant: ['tenant-1', null] }, by: ['feature'] },
      ]),
    ),

  'matches the versions of a model by its name without a version': (given) =>
    checkQueries(
      given,
      ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 'gpt-4o', 'claude-haiku-4-5'].flatMap((model) => [
        { where: { model: [model] }, by: ['model'] },
        { where: { model: [model], tenant: ['tenant-1', null] }, by: ['model'] },
      ]),
    ),

  'merges the versions of a model with their quantiles': (given) =>
    checkQueries(given, [
      { by: ['model'], mergeVersions: true, quantiles: true, bucketMs: 6 * HOUR },
      { by: ['provider', 'model'], mergeVersions: true },
      { by: ['model'], mergeVersions: true, where: { route: ['POST /r1'] }, quantiles: true },
      { by: ['feature'], mergeVersions: true },
    ]),

  'limits buckets to the top groups, and adds up the others': async (given) => {
    const { records, range } = recentRecords(500);
    const { checks } = await measured(given, records);
    for (const by of [['model'], ['tenant'], ['user'], ['feature', 'model']] as const) {
      for (const measure of ['costUsd', 'calls', 'inputTokens'] as const) {
        for (const groups of [0, 1, 2, 100]) {
          const query: MeasureQuery = { range, by, bucketMs: DAY, top: { groups, by: measure } };
          // Of equal groups, any may be among the top.
          if (hasTieAt(checks, query)) continue;
          await checks.measure(query);
        }
      }
    }
  },

  'measures calls without a route or a tenant as the remainder': (given) =>
    checkQueries(
      given,
      (['route', 'tenant'] as const).flatMap((dimension) => [
        { by: [dimension] },
        { by: [dimension], bucketMs: HOUR },
        { by: [dimension], bucketMs: DAY, bucketOffsetMs: -5 * HOUR },
        { by: [dimension], quantiles: true, bucketMs: HOUR },
        { by: [dimension], where: { feature: ['orders'] }, bucketMs: HOUR },
      ]),
    ),

  'measures by user and by pairs with a route or a tenant from the calls': (given) =>
    checkQueries(given, [
      { by: ['user'], bucketMs: DAY },
      { by: ['tenant', 'model'], quantiles: true },
      { by: ['route', 'feature'], bucketMs: HOUR },
      { by: ['user', 'tenant'], where: { feature: ['orders'] } },
      { by: ['instance'] },
    ]),

  'returns quantiles within 1 % of the exact values': async (given) => {
    const endedAt = startOf(HOUR, Date.now()) - HOUR;
    const durations = [0, 0.001, 0.01, 0.5, 1, 2, 3, 100, 100, 101, 999.125, 60_000, 86_400_000];
    const records = durations.map((durationMs, index) =>
      callOf({ endedAt: endedAt + index, durationMs, timeToFirstTokenMs: index % 2 ? durationMs : null }),
    );
    // An item of a batch has no duration.
    records.push(callOf({ endedAt, durationMs: 0, batch: { id: 'batch_1', item: 'a' } }));
    const { checks } = await measured(given, records);
    const range = { from: endedAt, to: endedAt + MINUTE };
    await checks.measure({ range, quantiles: true, bucketMs: MINUTE });
    await checks.measure({ range, quantiles: true, where: { tenant: [null] } });
    const { groups } = await checks.measure({ range });
    assertSame(
      [groups[0]!.measures.duration, groups[0]!.measures.firstToken],
      [null, null],
      'without quantiles',
    );
  },

  'adds a thousand costs of 10⁻¹² USD and sums above $9,000 without rounding': async (given) => {
    const endedAt = startOf(HOUR, Date.now()) - 2 * HOUR;
    const small = Array.from({ length: 1000 }, (_, index) => ({ units: 1 + (index % 3), name: 'small' }));
    const large = Array.from({ length: 12 }, (_, index) => ({
      units: 1_999_123_456_789_012 - index,
      name: `large-${index}`,
    }));
    const records = [...small, ...large].map(({ units, name }, index) =>
      callOf({ endedAt: endedAt + 5000 * index, identity: { tenantId: name } }, [
        {
          requestModel: name,
          cost: costOfUnits(units),
          failure: { type: 'rate_limit', errorClass: 'RateLimitError' },
        },
        { requestModel: name, cost: costOfUnits(7), isRetry: true },
      ]),
    );
    const { checks } = await measured(given, records);
    const range = { from: endedAt, to: endedAt + 2 * HOUR };
    for (const by of [[], ['tenant'], ['tenant', 'model']] as const)
      await checks.measure({ range, by, bucketMs: HOUR });
    await checks.errors({ range });
    const { groups } = await checks.measure({ range });
    assert(groups[0]!.measures.costUsd > 23_000, 'a sum above $9,000');
  },

  // dyndynjyxa/aio-coding-hub#379, AntSeed/antseed#531: sums of small units of money overflowed 64 bits, and lost digits as
  // numbers (brianc/node-postgres#107).
  'adds ten million dollars of one series, and fractions of milliseconds, without rounding': async (
    given,
  ) => {
    const endedAt = startOf(HOUR, Date.now()) - 2 * HOUR;
    const failure = { type: 'rate_limit', errorClass: 'RateLimitError' } as const;
    const records = Array.from({ length: 110 }, (_, index) =>
      callOf(
        { endedAt: endedAt + 1000 * index, identity: { tenantId: 'acme' }, route: 'POST /orders' },
        Array.from({ length: 50 }, (_, attempt) => ({
          cost: costOfUnits(1_999_123_456_789_013 - 2 * index - attempt),
          durationMs: 0.1 + attempt,
          failure,
          ...(attempt > 0 && { isRetry: true, waitedMs: 301.234 + index / 1000 }),
        })),
      ),
    );
    const { checks } = await measured(given, records);
    const range = { from: endedAt, to: endedAt + HOUR };
    for (const by of [[], ['feature'], ['tenant'], ['route'], ['tenant', 'model']] as const)
      await checks.measure({ range, by, bucketMs: HOUR });
    await checks.errors({ range });
    await checks.errors({ range, bucketMs: HOUR, where: { tenant: ['acme'] } });
    const { groups } = await checks.measure({ range });
    assert(groups[0]!.measures.costUsd > 10_000_000, 'a sum above $10,000,000');
  },

  'includes the current minute': async (given) => {
    const records = Array.from({ length: 3 }, () => callOf({ endedAt: Date.now() }));
    const { checks } = await measured(given, records);
    const range = { from: records[0]!.startedAt, to: Date.now() + 1 };
    await checks.measure({ range });
    await checks.measure({ range, by: ['feature'], where: { tenant: [null] } });
  },

  'sorts groups by cost, then by calls': async (given) => {
    const { records, range } = recentRecords(500);
    const { store } = await measured(given, records);
    for (const by of [['model'], ['tenant'], ['user', 'feature']] as const) {
      const { groups } = await store.measure({ range, by });
      const ranks = groups.map(({ measures }) => [measures.costUsd, measures.calls] as const);
      const expected = ranks.toSorted((one, other) => other[0] - one[0] || other[1] - one[1]);
      assertSame(ranks, expected, `by ${by.join(', ')}`);
    }
  },

  'counts errors of calls and attempts by type, with the retries after them': async (given) => {
    const { records, range } = recentRecords(500);
    const { checks } = await measured(given, records);
    const queries: ReadonlyArray<Omit<BucketedQuery, 'range'>> = [
      {},
      { bucketMs: HOUR },
      { bucketMs: DAY, bucketOffsetMs: 2 * HOUR },
      ...FILTERS.map((where) => ({ where, bucketMs: 6 * HOUR })),
    ];
    for (const query of queries) await checks.errors({ ...query, range: within(range) });
  },

  'lists models without a price, the most used first': async (given) => {
    const { records, range } = recentRecords(500);
    const [store, shares] = [await given.holding(records), sharesOf(records, given.originOf())];
    for (const where of [{}, { feature: ['orders'] }, { tenant: ['tenant-1', null] }]) {
      const models = await store.unpriced({ range, where });
      const expected = [...groupsOf(selected(shares, range, where), ['provider', 'model'])].flatMap(
        ([key, group]) => {
          const [provider = null, model = null] = JSON.parse(key) as Array<string | null>;
          const { unpricedCalls: calls } = sumsOf(group);
          const tokens = unpricedTokensOf(group);
          return calls > 0 || tokens.inputTokens > 0 ? [{ provider, model, calls, ...tokens }] : [];
        },
      );
      expected.sort((one, other) => other.calls - one.calls || other.inputTokens - one.inputTokens);
      assertSame(models, expected, `unpriced models of ${JSON.stringify(where)}`);
    }
  },

  'rejects invalid measures with a StoreQueryError': async (given) => {
    const store = await given.holding([
      callOf({ endedAt: Date.now() }, [{ cost: unknownCost('unpriced_model') }]),
    ]);
    const range = { from: Date.now() - HOUR, to: Date.now() };
    const ranges: readonly TimeRange[] = [
      { from: 2, to: 1 },
      { from: 1, to: 1 },
      { from: NaN, to: 1 },
      { from: -1, to: 1 },
      { from: 0, to: Infinity },
    ];
    const buckets: ReadonlyArray<Partial<BucketedQuery>> = [
      { bucketMs: 0 },
      { bucketMs: -MINUTE },
      { bucketMs: 90_001 },
      { bucketMs: NaN },
      { bucketMs: HOUR, bucketOffsetMs: 1 },
    ];
    const others: ReadonlyArray<Partial<MeasureQuery>> = [
      { by: ['password' as Dimension] },
      { by: ['model'], bucketMs: HOUR, top: { groups: -1, by: 'calls' } },
      { by: ['model'], bucketMs: HOUR, top: { groups: 1.5, by: 'calls' } },
      // More than 100,000 buckets.
      { range: ALL_TIMES, by: ['password\0' as Dimension], bucketMs: MINUTE },
    ];
    for (const part of [...ranges.map((one) => ({ range: one })), ...buckets, ...others]) {
      const what = JSON.stringify(part);
      await assertRejected(store.measure({ range, ...part }), INVALID_QUERY, what);
      if (others.includes(part as MeasureQuery)) continue;
      await assertRejected(store.errors({ range, ...part }), INVALID_QUERY, `errors of ${what}`);
    }
    for (const one of ranges)
      await assertRejected(
        store.unpriced({ range: one }),
        INVALID_QUERY,
        `unpriced of ${JSON.stringify(one)}`,
      );
  },
};

/** True if the last of the top groups and the first of the others have the same value. */
function hasTieAt({ shares }: MeasureChecks, { range, by = [], top }: MeasureQuery): boolean {
  const values = [...groupsOf(selected(shares, range), by).values()]
    .map((group) => sumsOf(group)[top!.by])
    .sort((one, other) => other - one);
  const { groups } = top!;
  return groups > 0 && groups < values.length && values[groups - 1] === values[groups];
}

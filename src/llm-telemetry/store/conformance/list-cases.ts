import assert from 'node:assert/strict';
import type { CallFilter, CallQuery, CallRow, CallSort } from '../calls.js';
import type { CasesOf } from './case-names.js';
import { allCalls, allRecords, rowOf, sorted } from './expected-lists.js';
import { callOf, recentRecords } from './generated-records.js';
import type { Given } from './given.js';
import { assertRejected, assertSame, INVALID_QUERY } from './plain.js';

type Filter = readonly [where: CallFilter | undefined, matches: (row: CallRow) => boolean];

const NAME_FILTERS: readonly Filter[] = [
  [undefined, () => true],
  [{ feature: ['orders'] }, ({ feature }) => feature === 'orders'],
  [{ feature: ['orders', 'search', 'none'] }, ({ feature }) => feature !== 'support'],
  [{ operation: ['classify'] }, ({ operation }) => operation === 'classify'],
  [{ provider: ['anthropic'] }, ({ provider }) => provider === 'anthropic'],
  [{ provider: [null] }, ({ provider }) => provider === null],
  [{ model: ['claude-haiku-4-5'] }, ({ model }) => model === 'claude-haiku-4-5'],
  [{ model: ['gpt-4o-mini'] }, ({ model }) => model?.startsWith('gpt-4o-mini-') === true],
  [{ model: ['gpt-4o-mini-2024-07-18', null] }, ({ model }) => model === null || model.endsWith('-07-18')],
  [{ model: ['gpt-4o'] }, () => false],
  [{ route: ['POST /r1'] }, ({ route }) => route === 'POST /r1'],
  [{ route: [null] }, ({ route }) => route === null],
  [{ tenant: ['tenant-3', 'tenant-4'] }, ({ tenant }) => tenant === 'tenant-3' || tenant === 'tenant-4'],
  [{ tenant: [null] }, ({ tenant }) => tenant === null],
  [{ tenant: ['Tenant-3'] }, () => false],
  [{ user: ['user-7'] }, ({ user }) => user === 'user-7'],
  [{ user: ['user-7', 'user-8', null] }, ({ user }) => [null, 'user-7', 'user-8'].includes(user)],
  [{ feature: [] }, () => false],
  [
    { feature: ['orders'], tenant: [null], provider: ['openai'] },
    ({ feature, tenant, provider }) => feature === 'orders' && tenant === null && provider === 'openai',
  ],
];

const OUTCOME_FILTERS: readonly Filter[] = [
  [{ outcome: ['ok'] }, ({ outcome }) => outcome === 'ok'],
  [{ outcome: ['failed'] }, ({ failed }) => failed],
  [{ outcome: ['truncated'] }, ({ truncated }) => truncated],
  [{ outcome: ['failed', 'truncated'] }, ({ failed, truncated }) => failed || truncated],
  [{ outcome: ['aborted'] }, ({ outcome }) => outcome === 'aborted'],
  [{ outcome: ['cancelled'] }, ({ outcome }) => outcome === 'aborted'],
  [{ outcome: ['other'] }, ({ outcome }) => outcome === 'halted'],
  [{ outcome: ['halted', 'rate_limit'] }, ({ outcome }) => outcome === 'halted' || outcome === 'rate_limit'],
  [{ outcome: ['nothing'] }, () => false],
  [{ retried: true }, ({ retries }) => retries > 0],
  [{ retried: false }, ({ retries }) => retries === 0],
  [{ costReasonCode: ['no_request'] }, ({ costReasonCode }) => costReasonCode === 'no_request'],
  [
    { costReasonCode: ['unpriced_model', 'missing_usage'], feature: ['orders'] },
    ({ costReasonCode: code, feature }) =>
      feature === 'orders' && (code === 'unpriced_model' || code === 'missing_usage'),
  ],
  [
    { outcome: ['failed'], retried: true, route: ['POST /r0', null] },
    ({ failed, retries, route }) => failed && retries > 0 && (route === 'POST /r0' || route === null),
  ],
];

const SORTS: readonly CallSort[] = ['endedAt', 'durationMs', 'costUsd', 'tokens'];

/** A store that holds generated calls, with the rows that its lists must contain. */
async function listed(given: Given, count = 600) {
  const { records, range } = recentRecords(count);
  const store = await given.holding(records);
  const rows = records.map((record) => rowOf(record, '', given.originOf()));
  return { store, records, range, rows };
}

const withoutIds = (rows: readonly CallRow[]): CallRow[] => rows.map((row) => ({ ...row, id: '' }));

async function checkFilters(given: Given, filters: readonly Filter[]): Promise<void> {
  const { store, records, range, rows } = await listed(given);
  for (const [where, matches] of filters) {
    for (const order of ['desc', 'asc'] as const) {
      const query = { range, order, limit: 500, ...(where && { where }) };
      const expected = sorted(rows.filter(matches), { order });
      const what = `${JSON.stringify(where)}, ${order}`;
      assertSame(withoutIds(await allCalls(store, query)), expected, what);
      const byEnd = new Map(records.map((record) => [record.startedAt + record.durationMs, record]));
      const expectedRecords = expected.map(({ endedAt }) => byEnd.get(endedAt)!);
      assertSame(await allRecords(store, query), expectedRecords, `records of ${what}`);
    }
  }
}

/** The values of rows that are sorted, which do not depend on the order of equal calls. */
const endsOf = (rows: readonly CallRow[]): number[] => rows.map(({ endedAt }) => endedAt);

export const CASES: CasesOf<'lists'> = {
  'lists calls with all fields': async (given) => {
    const { store, range, rows } = await listed(given);
    const found = await allCalls(store, { range, order: 'asc', limit: 1000 });
    for (const [index, row] of found.entries())
      assertSame(row, { ...rows[index], id: row.id }, `row ${index}`);
    assert.equal(found.length, rows.length, 'calls');
    const { calls } = await store.calls({ range });
    assert.equal(calls.length, 50, 'calls without a limit');
  },

  'lists the calls that match a filter of names, the latest or the oldest first': (given) =>
    checkFilters(given, NAME_FILTERS),

  'lists the calls that match a filter of outcomes, retries or reasons of unknown costs': (given) =>
    checkFilters(given, OUTCOME_FILTERS),

  'sorts by duration, cost and tokens, and lists calls without a value last': async (given) => {
    const { store, range, rows } = await listed(given);
    for (const sort of SORTS) {
      for (const [where, matches] of [...NAME_FILTERS.slice(0, 4), ...OUTCOME_FILTERS.slice(0, 2)]) {
        const found = await allCalls(store, { range, sort, limit: 1000, ...(where && { where }) });
        const expected = sorted(rows.filter(matches), { sort });
        assertSame(endsOf(found), endsOf(expected), `${sort} of ${JSON.stringify(where)}`);
      }
    }
  },

  'pages through any list without losing or repeating a call': async (given) => {
    const { store, range, rows } = await listed(given, 200);
    for (const sort of SORTS) {
      for (const order of sort === 'endedAt' ? (['desc', 'asc'] as const) : (['desc'] as const)) {
        const expected = endsOf(sorted(rows, { sort, order }));
        for (const limit of [1, 7, 200]) {
          const found = await allCalls(store, { range, sort, order, limit });
          assertSame(endsOf(found), expected, `${sort} ${order} in pages of ${limit}`);
        }
      }
    }
    // MeshCore-Beacon/beacon-server#131, lablup/backend.ai#14731: rows with the value of the cursor were skipped.
    const same = rows.at(-1)!.endedAt;
    const ties = Array.from({ length: 40 }, (_, index) =>
      callOf({ endedAt: same, operation: `tie-${index}` }),
    );
    for (const tie of ties) store.record(tie);
    await store.flush();
    for (const sort of SORTS) {
      const query = { range, sort, limit: 3, where: { operation: ties.map(({ operation }) => operation) } };
      const found = await allCalls(store, query);
      assert.equal(found.length, ties.length, `equal calls by ${sort}`);
      assert.equal(new Set(found.map(({ id }) => id)).size, ties.length, `distinct equal calls by ${sort}`);
    }
  },

  'pages through calls without repeating one while later calls are added': async (given) => {
    const { store, range, rows } = await listed(given, 100);
    const found: CallRow[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; cursor !== null; page++) {
      const { calls, next } = await store.calls({ range, limit: 9, ...(cursor && { cursor }) });
      found.push(...calls);
      cursor = next;
      store.record(callOf({ endedAt: range.to - 1, feature: `later-${page}` }));
      await store.flush();
    }
    const before = found.filter(({ feature }) => !feature.startsWith('later-'));
    assertSame(endsOf(before), endsOf(sorted(rows, {})), 'calls of the first page and later ones');
    assert.equal(new Set(found.map(({ id }) => id)).size, found.length, 'distinct calls');
  },

  'includes the start of a range and excludes its end': async (given) => {
    const { store, rows } = await listed(given, 50);
    const [from, to] = [rows[10]!.endedAt, rows[20]!.endedAt].map(Math.floor) as [number, number];
    for (const order of ['desc', 'asc'] as const) {
      const found = await allCalls(store, { range: { from, to }, order });
      assertSame(endsOf(found), endsOf(sorted(rows.slice(10, 20), { order })), order);
    }
    const { calls } = await store.calls({ range: { from: to + 1, to: to + 2 } });
    assertSame(calls, [], 'calls of an empty range');
  },

  'reports how far it has searched': async (given) => {
    const { store, range, rows } = await listed(given, 60);
    assert.equal((await store.calls({ range, limit: 1000 })).searchedTo, range.from, 'the latest first');
    const ascending = await store.calls({ range, limit: 1000, order: 'asc' });
    assert.equal(ascending.searchedTo, range.to, 'the oldest first');
    assert.equal(
      (await store.calls({ range, limit: 1000, sort: 'costUsd' })).searchedTo,
      range.from,
      'by cost',
    );
    const first = await store.calls({ range, limit: 10 });
    const last = rows.at(-10)!.endedAt;
    assert(first.searchedTo <= last && first.searchedTo >= range.from, 'a page of several');
  },

  'rejects invalid lists with a StoreQueryError': async (given) => {
    const { store, range } = await listed(given, 10);
    const { next } = await store.calls({ range, limit: 1, sort: 'durationMs' });
    const invalid: ReadonlyArray<Partial<CallQuery>> = [
      { limit: 0 },
      { limit: 1001 },
      { limit: 1.5 },
      { range: { from: 2, to: 1 } },
      { range: { from: NaN, to: 1 } },
      { range: { from: -1, to: 1 } },
      { range: { from: 0, to: Infinity } },
      { sort: 'costUsd', order: 'asc' },
      { cursor: next! },
      { cursor: '' },
      { cursor: 'endedAt_' },
      { cursor: 'endedAt_1; DROP TABLE call' },
      { cursor: 'a\0b'.repeat(10_000) },
    ];
    for (const part of invalid) {
      const query = { range, ...part };
      const what = JSON.stringify(part).slice(0, 100);
      await assertRejected(store.calls(query), INVALID_QUERY, what);
      await assertRejected(store.records(query), INVALID_QUERY, `records of ${what}`);
    }
  },
};

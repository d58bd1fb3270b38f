import assert from 'node:assert/strict';
import type { CallRecord } from '../../calls/record.js';
import { boundedName } from '../../text/bounded-name.js';
import { HOUR, MINUTE, SECOND, startOf } from '../../units/time.js';
import type { CallStore, StoreStatus } from '../call-store.js';
import type { CasesOf } from './case-names.js';
import { allCalls, allRecords, rowOf } from './expected-lists.js';
import { callOf, recentRecords } from './generated-records.js';
import { ALL_TIMES, recordAll } from './given.js';
import { MeasureChecks } from './measure-checks.js';
import { assertRejected, assertSame } from './plain.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Names that break queries, files and encodings. */
const HOSTILE = [
  "'; DROP TABLE call; --",
  '" OR 1=1 --',
  '<script>alert(1)</script>',
  '..%2f..%2fetc/passwd',
  'line\nline\ttab\\n',
  'a\0b',
  '\ud800',
  '%',
  '_',
  '',
  '__proto__',
  'constructor',
  'NULL',
  '𝓶𝓸𝓭𝓮𝓵 \u202e ﷽',
  'x'.repeat(100_000),
  `${'x'.repeat(100_000)}y`,
];

const droppedOf = ({ dropped }: StoreStatus): number =>
  Object.values(dropped).reduce((sum, count) => sum + count, 0);
const recordsOf = async (store: CallStore): Promise<CallRecord[]> =>
  await allRecords(store, { range: ALL_TIMES, order: 'asc', limit: 1000 });
const countOf = async (store: CallStore): Promise<number> =>
  (await store.measure({ range: ALL_TIMES })).groups[0]!.measures.calls;

export const CASES: CasesOf<'recording'> = {
  'returns no calls, no errors and one group of zeros while it is empty': async (given) => {
    const store = await given.open();
    const { range } = recentRecords(1);
    assertSame(await store.calls({ range }), { calls: [], next: null, searchedTo: range.from }, 'calls');
    assertSame(
      await store.records({ range }),
      { records: [], next: null, searchedTo: range.from },
      'records',
    );
    const checks = new MeasureChecks(store, [], given.originOf(), given.options);
    await checks.measure({ range, quantiles: true, bucketMs: HOUR });
    for (const by of ['model', 'tenant', 'user'] as const) await checks.measure({ range, by: [by] });
    await checks.errors({ range, bucketMs: HOUR });
    assertSame(await store.unpriced({ range }), [], 'unpriced');
    const { written, waiting, kept, oldest, newest } = await store.status();
    const expected = { written: 0, waiting: 0, kept: 0, oldest: null, newest: null };
    assertSame({ written, waiting, kept, oldest, newest }, expected, 'status');
  },

  'returns a call once flush has resolved, and counts it in measures': async (given) => {
    const store = await given.open();
    for (let count = 1; count <= 5; count++) {
      store.record(callOf({ endedAt: Date.now() }));
      await store.flush();
      assert.equal((await store.calls({ range: ALL_TIMES })).calls.length, count, 'listed calls');
      assert.equal(await countOf(store), count, 'measured calls');
    }
  },

  'returns complete records, equal to those that were recorded': async (given) => {
    const { records, range } = recentRecords(400);
    const store = await given.holding(records);
    assertSame(await allRecords(store, { range, order: 'asc', limit: 150 }), records, 'records');
    const { calls } = await store.calls({ range, limit: 20 });
    for (const [index, { id }] of calls.entries())
      assertSame((await store.call(id))?.record, records.at(-1 - index), 'the record of one call');
  },

  'returns each call once if thousands are recorded at once': async (given) => {
    const { records, range } = recentRecords(2000);
    const store = await given.holding(records);
    const rows = await allCalls(store, { range, limit: 1000, order: 'asc' });
    const ends = records.map(({ startedAt, durationMs }) => startedAt + durationMs);
    assertSame(
      rows.map(({ endedAt }) => endedAt),
      ends,
      'ends of calls',
    );
    assert.equal(new Set(rows.map(({ id }) => id)).size, records.length, 'distinct ids');
    await new MeasureChecks(store, records, given.originOf(), given.options).measure({ range });
  },

  'returns consistent pages and sums while calls are recorded': async (given) => {
    const { records, range } = recentRecords(600);
    const store = await given.open();
    const counts: number[] = [];
    for (let at = 0; at < records.length; at += 60) {
      for (const record of records.slice(at, at + 60)) store.record(record);
      // Some of these queries run while the calls are written.
      const [, { groups }, { calls }] = await Promise.all([
        store.flush(),
        store.measure({ range, by: ['feature'] }),
        store.calls({ range, limit: 1000 }),
      ]);
      counts.push(groups.reduce((sum, { measures }) => sum + measures.calls, 0));
      assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length, 'distinct ids of a page');
      const ends = calls.map(({ endedAt }) => endedAt);
      assertSame(
        ends,
        ends.toSorted((one, other) => other - one),
        'order of a page',
      );
    }
    assertSame(
      counts,
      counts.toSorted((one, other) => one - other),
      'measured calls never become fewer',
    );
    assert.equal(await countOf(store), records.length, 'measured calls');
    assertSame(await recordsOf(store), records, 'records');
  },

  'counts every recorded call as written, waiting or dropped': async (given) => {
    const { records } = recentRecords(300);
    const store = await given.open();
    for (const record of records) store.record(record);
    const early = await store.status();
    assert.equal(early.written + early.waiting + droppedOf(early), records.length, 'counts before the flush');
    await store.flush();
    const status = await store.status();
    assertSame([status.written, status.waiting, droppedOf(status)], [records.length, 0, 0], 'counts');
    assert.equal(status.waitingSince, null, 'waitingSince');
  },

  'does not throw for a record that cannot be stored, and keeps the others': async (given) => {
    const endedAt = Date.now() - MINUTE;
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const broken = [
      callOf({ endedAt, attributes: { size: 1n, self: circular, fn: () => 1 } as never }),
      callOf({ endedAt, attempts: [circular] as never }),
      { ...callOf({ endedAt }), identity: null, cost: undefined } as never,
      Object.defineProperty({ ...callOf({ endedAt }) }, 'feature', {
        get: () => {
          throw new Error('A getter of the application.');
        },
      }),
      null as never,
    ];
    const store = await given.open();
    for (const [index, record] of broken.entries()) {
      store.record(callOf({ endedAt: endedAt + index, feature: `good-${index}` }));
      store.record(record);
    }
    await store.flush();
    const { groups } = await store.measure({ range: ALL_TIMES, by: ['feature'] });
    for (let index = 0; index < broken.length; index++) {
      const group = groups.find(({ names }) => names.feature === `good-${index}`);
      assert.equal(group?.measures.calls, 1, 'calls beside one that cannot be stored');
    }
    const status = await store.status();
    assert.equal(status.written + droppedOf(status), 2 * broken.length, 'written and dropped calls');
  },

  'reports the number, the oldest and the newest of its calls': async (given) => {
    const { records, range } = recentRecords(200);
    const store = await given.holding(records);
    const { kept, oldest, newest, firstCallAt, state, bytes, kind } = await store.status();
    const ends = (await allCalls(store, { range, order: 'asc' })).map(({ endedAt }) => Math.floor(endedAt));
    const floor = (time: number | null): number => Math.floor(time ?? 0);
    assertSame(
      [kept, floor(oldest), floor(newest)],
      [200, ends[0], ends.at(-1)],
      'number, oldest and newest',
    );
    if (firstCallAt !== undefined) assert.equal(floor(firstCallAt), ends[0], 'firstCallAt');
    assert(state === 'stored' || state === 'memory', `the state is ${state}`);
    assert(bytes > 0 && kind !== '', 'bytes and kind');
  },

  'does not throw after it was closed, rejects queries, and counts later calls as dropped': async (given) => {
    const store = await given.holding([callOf({ endedAt: Date.now() })]);
    await store.close();
    await store.close();
    await store.flush();
    store.record(callOf({ endedAt: Date.now() }));
    assert.equal((await store.status()).dropped.closed, 1, 'calls dropped after the store was closed');
    assert.equal((await store.status()).state, 'off', 'state');
    const range = ALL_TIMES;
    const queries = [
      store.measure({ range }),
      store.errors({ range }),
      store.unpriced({ range }),
      store.calls({ range }),
      store.records({ range }),
      store.call('1'),
    ];
    for (const query of queries) await assertRejected(query, 'LLM_TELEMETRY_STORE_UNAVAILABLE', 'a query');
  },

  'gives each call a UUID of version 7 whose time is its end, also to calls of one millisecond': async (
    given,
  ) => {
    const now = Date.now() - MINUTE;
    const ends = [...Array.from({ length: 500 }, () => now), now - HOUR, now + 1, now - 1];
    const store = await given.holding(ends.map((endedAt) => callOf({ endedAt })));
    const rows = await allCalls(store, { range: ALL_TIMES, limit: 300 });
    assert.equal(new Set(rows.map(({ id }) => id)).size, ends.length, 'distinct ids');
    for (const { id, endedAt } of rows) {
      assert.match(id, UUID);
      assert.equal(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16), endedAt, 'time of an id');
    }
    assertSame(
      rows.map(({ endedAt }) => endedAt),
      ends.toSorted((one, other) => other - one),
      'order',
    );
  },

  'returns a call by its id, with the ids of the calls before and after it': async (given) => {
    const { records, range } = recentRecords(100);
    const store = await given.holding(records);
    const rows = await allCalls(store, { range, order: 'asc' });
    for (const [index, row] of rows.entries()) {
      const record = records[index]!;
      const expected = {
        ...rowOf(record, row.id, given.originOf()),
        record,
        older: rows[index - 1]?.id ?? null,
        newer: rows[index + 1]?.id ?? null,
      };
      assertSame(await store.call(row.id), expected, `call ${index}`);
    }
  },

  'returns null for an id that no call has': async (given) => {
    const store = await given.holding([callOf({ endedAt: Date.now() - MINUTE })]);
    const [row] = (await store.calls({ range: ALL_TIMES })).calls;
    const ids = [
      `${row!.id.slice(0, -1)}${row!.id.endsWith('0') ? '1' : '0'}`,
      '01950000-0000-7000-8000-000000000000',
      '3636363636363636',
      `${row!.id} `,
      `${row!.id}'`,
      ...HOSTILE,
    ];
    for (const id of ids) assert.equal(await store.call(id), null, JSON.stringify(id.slice(0, 50)));
  },

  'survives calls whose clock is wrong by years, and durations that are not numbers': async (given) => {
    const { records, range } = recentRecords(100);
    const wrong = [0, -1, 1000, NaN, Infinity, -Infinity, Date.now() * 2, 8.64e15, 1e300].flatMap(
      (startedAt) =>
        [1, NaN].map((durationMs) => ({
          ...callOf({ endedAt: 0 }),
          startedAt,
          durationMs,
          feature: 'wrong',
        })),
    );
    const store = await given.open();
    await recordAll(store, records.slice(0, 50));
    await recordAll(store, wrong);
    await recordAll(store, records.slice(50));
    assertSame(await allRecords(store, { range, order: 'asc' }), records, 'records of right clocks');
    await new MeasureChecks(store, records, given.originOf(), given.options).measure({
      range,
      quantiles: true,
    });
    const status = await store.status();
    const counted = status.written + droppedOf(status);
    assert.equal(counted, records.length + wrong.length, 'written and dropped calls');
    // These queries must succeed; how long such calls are kept depends on the store.
    await store.errors({ range: ALL_TIMES });
    await allCalls(store, { range: ALL_TIMES });
  },

  'finds calls by names with quotes, NUL, lone surrogates and 100,000 characters, and only those': async (
    given,
  ) => {
    const endedAt = startOf(HOUR, Date.now()) - HOUR;
    const records = HOSTILE.map((name, index) =>
      callOf(
        { endedAt: endedAt + index, feature: name, route: name, identity: { tenantId: name, userId: name } },
        [{ provider: name, requestModel: name }],
      ),
    );
    const store = await given.holding(records);
    const range = { from: endedAt, to: endedAt + SECOND };
    for (const name of HOSTILE) {
      // Long names are equal once they are cut.
      const same = HOSTILE.filter((other) => boundedName(other) === boundedName(name)).length;
      for (const dimension of ['feature', 'provider', 'model', 'route', 'tenant', 'user'] as const) {
        const where = { [dimension]: [name] };
        const what = `calls of the ${dimension} ${JSON.stringify(name.slice(0, 50))}`;
        assert.equal((await store.calls({ range, where })).calls.length, same, what);
        const { groups } = await store.measure({ range, where });
        assert.equal(groups[0]!.measures.calls, same, `measured ${what}`);
      }
    }
    assertSame(await allRecords(store, { range, order: 'asc' }), records, 'records');
  },

  'counts calls of more names than it lists without changing a sum': async (given) => {
    const endedAt = startOf(HOUR, Date.now()) - HOUR;
    const records = Array.from({ length: 2400 }, (_, index) => {
      const identity = { tenantId: `tenant-${index % 700}` };
      const draft = { endedAt: endedAt + index, identity, route: `GET /${index % 700}` };
      return callOf(draft, [{ requestModel: `model-${index}` }]);
    });
    const store = await given.open();
    for (let at = 0; at < records.length; at += 200) {
      await recordAll(store, records.slice(at, at + 200));
      await store.status();
    }
    const range = { from: endedAt, to: endedAt + MINUTE };
    for (const dimension of ['model', 'tenant', 'route'] as const) {
      const { groups } = await store.measure({ range, by: [dimension], bucketMs: HOUR });
      const sum = (of: (group: (typeof groups)[number]) => number): number =>
        groups.reduce((total, group) => total + of(group), 0);
      assert.equal(
        sum(({ measures }) => measures.calls),
        records.length,
        `calls by ${dimension}`,
      );
      assert.equal(
        sum(({ measures }) => measures.inputTokens),
        100 * records.length,
        `tokens by ${dimension}`,
      );
      const overTime = sum(({ buckets }) =>
        buckets.reduce((total, { measures }) => total + measures.calls, 0),
      );
      assert.equal(overTime, records.length, `calls over time by ${dimension}`);
      const callsOfName = dimension === 'model' ? 1 : 4;
      for (const { names, measures } of groups)
        assert(measures.calls <= callsOfName || names[dimension] === 'other', `calls of ${names[dimension]}`);
    }
    assert.equal((await allCalls(store, { range, limit: 1000 })).length, records.length, 'listed calls');
  },
};

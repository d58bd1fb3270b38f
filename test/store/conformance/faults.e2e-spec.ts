import {
  storeConformance,
  type CallPage,
  type CallRow,
  type CallStore,
  type MeasuredGroup,
  type MeasureQuery,
  type MeasureResult,
  type Measures,
  type StoredCall,
} from 'nestjs-llm-telemetry/store';
import type { CallRecord } from 'nestjs-llm-telemetry';
import {
  COUNT_MEASURES,
  ERROR_FIELDS,
} from '../../../src/llm-telemetry/store/conformance/expected-measures.js';
import { SUMMED_MEASURES } from '../../../src/llm-telemetry/store/measure-table.js';
import { ERROR_SUMS } from '../../../src/llm-telemetry/store/sums.js';
import { sqliteStore } from '../../support/sqlite-store.js';

/** Shows that the conformance suite notices faults: each is put into a correct store, and must fail a case. */

// Allows for busy machines: each case writes and reads thousands of calls.
import.meta.jest.setTimeout(120_000);

/** Methods of a store that replace those of a correct one. */
type Fault = (store: CallStore) => Partial<CallStore>;

const mapMeasures =
  (change: (measures: Measures, group: MeasuredGroup, query: MeasureQuery) => Measures): Fault =>
  (store) => ({
    measure: async (query) => {
      const result = await store.measure(query);
      return {
        ...result,
        groups: result.groups.map((group) => ({ ...group, measures: change(group.measures, group, query) })),
      };
    },
  });

const mapResult =
  (change: (result: MeasureResult, query: MeasureQuery) => MeasureResult): Fault =>
  (store) => ({ measure: async (query) => change(await store.measure(query), query) });

const mapPage =
  (change: (page: CallPage) => CallPage): Fault =>
  (store) => ({ calls: async (query) => change(await store.calls(query)) });

const mapRows = (change: (row: CallRow) => CallRow): Fault =>
  mapPage((page) => ({ ...page, calls: page.calls.map(change) }));

const mapCall =
  (change: (call: StoredCall) => StoredCall): Fault =>
  (store) => ({
    call: async (id) => {
      const call = await store.call(id);
      return call && change(call);
    },
  });

/** Records calls after they were changed: to none, or to several. */
const mapRecord =
  (change: (record: CallRecord, index: number) => readonly CallRecord[]): Fault =>
  (store) => {
    let index = 0;
    return {
      record: (record) => {
        for (const changed of change(record, index++)) store.record(changed);
      },
    };
  };

/** Leaves a filter out. */
const ignoring =
  (name: string): Fault =>
  (store) => {
    const without = <Query extends { readonly where?: object }>(query: Query): Query => ({
      ...query,
      where: { ...query.where, [name]: undefined },
    });
    return {
      calls: (query) => store.calls(without(query)),
      measure: (query) => store.measure(without(query)),
      errors: (query) => store.errors(without(query)),
    };
  };

const FAULTS: ReadonlyArray<readonly [fault: string, noticedBy: string, put: Fault]> = [
  [
    'loses one of 100 calls',
    'returns complete records',
    mapRecord((record, index) => (index % 100 === 99 ? [] : [record])),
  ],
  [
    'stores a call twice',
    'returns each call once',
    mapRecord((record, index) => (index === 7 ? [record, record] : [record])),
  ],
  [
    'loses a field of records',
    'returns complete records',
    mapRecord((record) => [
      { ...record, attempts: record.attempts.map((attempt) => ({ ...attempt, retryAfterMs: null })) },
    ]),
  ],
  [
    'rounds costs to a billionth of a dollar',
    'adds a thousand costs',
    mapMeasures((measures) => ({ ...measures, costUsd: Math.round(measures.costUsd * 1e9) / 1e9 })),
  ],
  [
    'adds costs in doubles',
    'adds a thousand costs',
    mapMeasures((measures, { buckets }) => ({
      ...measures,
      costUsd:
        buckets.length > 0
          ? buckets.reduce((sum, bucket) => sum + bucket.measures.costUsd, 0)
          : measures.costUsd * 1.000_000_000_000_000_2,
    })),
  ],
  [
    'swaps two calls of a page',
    'lists the calls that match a filter of names',
    mapPage((page) => ({
      ...page,
      calls: [...page.calls.slice(1, 2), ...page.calls.slice(0, 1), ...page.calls.slice(2)],
    })),
  ],
  [
    'repeats the last call of a page on the next one',
    'pages through any list',
    (store) => {
      let last: CallRow | undefined;
      return {
        calls: async (query) => {
          const page = await store.calls(query);
          const calls = query.cursor && last ? [last, ...page.calls] : page.calls;
          last = page.calls.at(-1);
          return { ...page, calls };
        },
      };
    },
  ],
  [
    'ends a list one page early',
    'pages through any list',
    (store) => ({
      calls: async (query) => ({ ...(await store.calls(query)), ...(query.limit === 7 && { next: null }) }),
    }),
  ],
  [
    'lists the calls of the end of a range',
    'includes the start of a range',
    (store) => ({
      calls: ({ range, ...query }) => store.calls({ ...query, range: { ...range, to: range.to + 1 } }),
    }),
  ],
  ...['feature', 'provider', 'model', 'route', 'tenant', 'user'].map(
    (name) =>
      [`ignores the filter ${name}`, 'lists the calls that match a filter of names', ignoring(name)] as const,
  ),
  ...['outcome', 'retried', 'costReasonCode'].map(
    (name) =>
      [
        `ignores the filter ${name}`,
        'lists the calls that match a filter of outcomes',
        ignoring(name),
      ] as const,
  ),
  ...['service', 'version', 'environment', 'instance'].map(
    (name) => [`ignores the filter ${name}`, 'lists and measures calls by service', ignoring(name)] as const,
  ),
  ['ignores the filter text', 'finds calls by a text', ignoring('text')],
  [
    'searches text with case',
    'finds calls by a text',
    (store) => ({
      calls: async (query) => {
        const page = await store.calls(query);
        const { text } = query.where ?? {};
        return { ...page, calls: text === 'REQ_4711' ? [] : page.calls };
      },
    }),
  ],
  [
    'matches a model only exactly',
    'matches the versions of a model',
    mapResult((result, { where }) =>
      where?.model?.[0] === 'gpt-4o-mini' ? { ...result, groups: [] } : result,
    ),
  ],
  [
    'has quantiles with an error of 3 %',
    'returns quantiles within 1 %',
    mapMeasures((measures) => ({
      ...measures,
      duration: measures.duration && { ...measures.duration, p99: measures.duration.p99 * 1.03 },
    })),
  ],
  [
    'leaves out the current minute',
    'includes the current minute',
    (store) => ({
      measure: ({ range, ...query }) =>
        store.measure({
          ...query,
          range: { from: range.from - 60_000, to: Math.floor(Date.now() / 60_000) * 60_000 - 60_000 },
        }),
    }),
  ],
  [
    'reports the requested range instead of the measured one',
    'measures all calls of a range',
    mapResult((result, { range }) => ({ ...result, range })),
  ],
  [
    'ignores the offset of buckets',
    'measures over time in buckets',
    (store) => ({ measure: ({ bucketOffsetMs: _ignored, ...query }) => store.measure(query) }),
  ],
  [
    'leaves out calls without a route',
    'measures calls without a route or a tenant',
    mapResult((result) => ({
      ...result,
      groups: result.groups.filter(({ names }) => names.route !== null),
    })),
  ],
  [
    'does not merge the versions of a model',
    'merges the versions of a model',
    (store) => ({ measure: ({ mergeVersions: _ignored, ...query }) => store.measure(query) }),
  ],
  [
    'does not add up the groups outside the top',
    'limits buckets to the top groups',
    mapResult((result) => ({ ...result, ...(result.others && { others: [] }) })),
  ],
  [
    'sorts groups by calls',
    'sorts groups by cost',
    mapResult((result) => ({
      ...result,
      groups: result.groups.toSorted((one, other) => other.measures.calls - one.measures.calls),
    })),
  ],
  [
    'counts attempts that failed as calls that failed',
    'counts errors of calls and attempts',
    (store) => ({
      errors: async (query) => {
        const result = await store.errors(query);
        return { ...result, types: result.types.map((type) => ({ ...type, calls: type.attempts })) };
      },
    }),
  ],
  [
    'miscounts the calls of models without a price',
    'lists models without a price',
    (store) => ({
      unpriced: async (query) =>
        (await store.unpriced(query)).map((model) => ({ ...model, calls: model.calls + 1 })),
    }),
  ],
  [
    'shows an unknown cost as $0',
    'lists calls with all fields',
    mapRows((row) => ({ ...row, costUsd: row.costUsd ?? 0 })),
  ],
  [
    'numbers calls instead of giving them UUIDs',
    'gives each call a UUID',
    mapRows((row) => ({ ...row, id: String(row.endedAt) })),
  ],
  [
    'swaps the neighbors of a call',
    'returns a call by its id',
    mapCall((call) => ({ ...call, older: call.newer, newer: call.older })),
  ],
  [
    'rejects an unknown id',
    'returns null for an id that no call has',
    (store) => ({
      call: async (id) => {
        const call = await store.call(id);
        if (!call) throw new Error('Not found.');
        return call;
      },
    }),
  ],
  [
    'throws after it was closed',
    'does not throw after it was closed',
    (store) => {
      let closed = false;
      return {
        close: async () => {
          closed = true;
          await store.close();
        },
        record: (record) => {
          if (closed) throw new Error('The store is closed.');
          store.record(record);
        },
      };
    },
  ],
  [
    'resolves a flush before the calls can be read',
    'returns a call once flush has resolved',
    (store) => {
      const late: CallRecord[] = [];
      return {
        record: (record) => void late.push(record),
        flush: async () => {
          for (const record of late.splice(0, late.length - 1)) store.record(record);
          await store.flush();
        },
      };
    },
  ],
  [
    'returns an empty list for an invalid limit',
    'rejects invalid lists',
    (store) => ({
      calls: (query) => store.calls(query.limit === 1.5 ? { ...query, limit: 1 } : query),
    }),
  ],
  [
    'accepts buckets of no length',
    'rejects invalid measures',
    (store) => ({
      measure: ({ bucketMs, ...query }) => store.measure({ ...query, ...(bucketMs && { bucketMs }) }),
    }),
  ],
  [
    'does not count the calls of names that it does not list',
    'counts calls of more names',
    mapResult((result) => ({
      ...result,
      groups: result.groups.filter(({ names }) => !Object.values(names).includes('other')),
    })),
  ],
  [
    'counts one call more than it has',
    'counts every recorded call',
    (store) => ({
      status: async () => {
        const status = await store.status();
        return { ...status, waiting: status.waiting + 1 };
      },
    }),
  ],
  [
    'forgets the items of a batch',
    'remembers which items of a batch',
    ({ batches }) => ({
      batches: {
        ...batches!,
        claim: async (results, items) => ({
          ...(await batches!.claim(results, items)),
          isNew: items.map(() => true),
        }),
      },
    }),
  ],
  [
    'keeps the sum of a batch beside its items',
    'replaces the sum of a batch',
    ({ batches }) => ({
      batches: { ...batches!, claim: (results, items) => batches!.claim(`${results}?`, items) },
    }),
  ],
];

/** Returns a correct store with a fault. */
function withFault(store: CallStore, fault: Fault): CallStore {
  const replaced = fault(store);
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in replaced ? replaced : target, name);
      return typeof value === 'function' && !(name in replaced) ? value.bind(target) : value;
    },
  });
}

describe('the conformance suite', () => {
  it.each(FAULTS)('notices a store that %s: "%s…"', async (_, noticedBy, fault) => {
    const open: Parameters<typeof storeConformance>[0]['open'] = (origin) =>
      withFault(sqliteStore(origin, null, null), fault);
    const found = storeConformance({ open }).filter(({ name }) => name.startsWith(noticedBy));
    expect(found).toHaveLength(1);
    await expect(found[0]!.run()).rejects.toThrow();
  });

  it('checks every measure that can be summed', () => {
    expect(COUNT_MEASURES.toSorted()).toEqual(SUMMED_MEASURES.toSorted());
    expect(ERROR_FIELDS).toEqual(ERROR_SUMS);
  });

  it('leaves out what a store does not promise', () => {
    const open = (): CallStore => {
      throw new Error('A case ran.');
    };
    const all = storeConformance({ open, reopen: open }).map(({ name }) => name);
    const fewer = storeConformance({ open, origins: false, textSearch: false }).map(({ name }) => name);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length - fewer.length).toBe(6);
    expect(all).toEqual(expect.arrayContaining(fewer));
  });
});

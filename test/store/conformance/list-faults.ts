import type { CallPage, CallRow } from 'nestjs-llm-telemetry/store';
import { ignoring, type Fault, type FaultRow } from './fault.js';

const mapPage =
  (change: (page: CallPage) => CallPage): Fault =>
  (store) => ({ calls: async (query) => change(await store.calls(query)) });

const mapRows = (change: (row: CallRow) => CallRow): Fault =>
  mapPage((page) => ({ ...page, calls: page.calls.map(change) }));

export const LIST_FAULTS: readonly FaultRow[] = [
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
    'returns an empty list for an invalid limit',
    'rejects invalid lists',
    (store) => ({
      calls: (query) => store.calls(query.limit === 1.5 ? { ...query, limit: 1 } : query),
    }),
  ],
  [
    'does not find names that it has cut',
    'finds calls by names with quotes',
    (store) => ({
      calls: (query) => {
        const isLong = query.where?.feature?.some((name) => name.length > 200);
        return store.calls(isLong ? { ...query, where: { feature: ['none'] } } : query);
      },
    }),
  ],
  [
    'lists calls without a value first',
    'sorts by duration, cost and tokens',
    (store) => ({
      calls: async (query) => {
        const page = await store.calls(query);
        const last = query.sort === 'costUsd' ? page.calls.slice(-1) : [];
        return { ...page, calls: [...last, ...page.calls.slice(0, page.calls.length - last.length)] };
      },
    }),
  ],
  [
    'counts pages by the number of calls before them',
    'pages through calls without repeating one',
    (store) => ({
      calls: async ({ cursor = '0', limit = 50, ...query }) => {
        const { calls, searchedTo } = await store.calls({ ...query, limit: 1000 });
        const end = Number(cursor) + limit;
        return {
          calls: calls.slice(Number(cursor), end),
          next: end < calls.length ? String(end) : null,
          searchedTo,
        };
      },
    }),
  ],
  [
    'reports to have searched nothing',
    'reports how far it has searched',
    (store) => ({
      calls: async (query) => ({ ...(await store.calls(query)), searchedTo: query.range.to }),
    }),
  ],
];

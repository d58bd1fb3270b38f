import type { TimeRange } from 'nestjs-llm-telemetry';
import type { CallStore } from 'nestjs-llm-telemetry/store';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Limits of shared stores are by kind. */
export type QueryKind = 'measure' | 'list' | 'text' | 'call' | 'status';

export interface BenchQuery {
  readonly name: string;
  readonly kind: QueryKind;
  /** Returns what `run` needs. Not measured. */
  prepare?(store: CallStore, range: TimeRange): Promise<string>;
  run(store: CallStore, range: TimeRange, prepared: string): Promise<unknown>;
}

/** Queries of the dashboard and the alerts, for a day or for all data. */
export const QUERIES: readonly BenchQuery[] = [
  {
    name: 'summary, with the period before',
    kind: 'measure',
    run: (store, range) =>
      Promise.all([
        store.measure({ range, quantiles: true }),
        store.measure({ range: before(range), quantiles: true }),
      ]),
  },
  { name: 'by feature', kind: 'measure', run: (store, range) => store.measure({ range, by: ['feature'] }) },
  {
    name: 'by feature, over time',
    kind: 'measure',
    run: (store, range) => store.measure({ range, by: ['feature'], bucketMs: bucketOf(range) }),
  },
  {
    name: 'by operation, quantiles',
    kind: 'measure',
    run: (store, range) => store.measure({ range, by: ['feature', 'operation'], quantiles: true }),
  },
  {
    name: 'by operation, quantiles over time',
    kind: 'measure',
    run: (store, range) =>
      store.measure({ range, by: ['feature', 'operation'], quantiles: true, bucketMs: bucketOf(range) }),
  },
  {
    name: 'by model',
    kind: 'measure',
    run: (store, range) => store.measure({ range, by: ['provider', 'model'] }),
  },
  { name: 'by route', kind: 'measure', run: (store, range) => store.measure({ range, by: ['route'] }) },
  {
    name: 'by tenant, over time',
    kind: 'measure',
    run: (store, range) =>
      store.measure({
        range,
        by: ['tenant'],
        bucketMs: Math.max(HOUR, bucketOf(range)),
        top: { groups: 6, by: 'costUsd' },
      }),
  },
  { name: 'errors by type', kind: 'measure', run: (store, range) => store.errors({ range }) },
  {
    name: 'errors by type, over time',
    kind: 'measure',
    run: (store, range) => store.errors({ range, bucketMs: bucketOf(range) }),
  },
  { name: 'unpriced models', kind: 'measure', run: (store, range) => store.unpriced({ range }) },
  { name: 'calls, newest', kind: 'list', run: (store, range) => store.calls({ range }) },
  {
    name: 'calls, after a cursor',
    kind: 'list',
    prepare: async (store, range) => (await store.calls({ range })).next!,
    run: (store, range, cursor) => store.calls({ range, cursor }),
  },
  {
    name: 'calls, a rare feature',
    kind: 'list',
    run: (store, range) => store.calls({ range, where: { feature: ['contract_review'] } }),
  },
  {
    name: 'calls, one tenant failed',
    kind: 'list',
    run: (store, range) => store.calls({ range, where: { tenant: ['tenant-97'], outcome: ['failed'] } }),
  },
  {
    name: 'calls, with retries',
    kind: 'list',
    run: (store, range) => store.calls({ range, where: { retried: true } }),
  },
  { name: 'calls, slowest', kind: 'list', run: (store, range) => store.calls({ range, sort: 'durationMs' }) },
  {
    name: 'calls, dearest of a feature',
    kind: 'list',
    run: (store, range) => store.calls({ range, sort: 'costUsd', where: { feature: ['order_dashboard'] } }),
  },
  {
    name: 'calls, a text',
    kind: 'text',
    run: (store, range) => store.calls({ range, where: { text: 'user-4711' } }),
  },
  {
    name: 'calls, a text that is nowhere',
    kind: 'text',
    run: (store, range) => store.calls({ range, where: { text: 'nowhere at all' } }),
  },
  {
    name: 'one call',
    kind: 'call',
    prepare: async (store, range) => (await store.calls({ range, limit: 1 })).calls[0]!.id,
    run: (store, _range, id) => store.call(id),
  },
  { name: 'status', kind: 'status', run: (store) => store.status() },
];

function before({ from, to }: TimeRange): TimeRange {
  return { from: Math.max(0, 2 * from - to), to: from };
}

function bucketOf({ from, to }: TimeRange): number {
  return to - from <= DAY ? HOUR / 4 : 6 * HOUR;
}

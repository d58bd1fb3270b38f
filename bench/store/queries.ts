import type { TimeRange } from 'nestjs-llm-telemetry';
import type { CallStore } from 'nestjs-llm-telemetry/store';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface BenchQuery {
  readonly name: string;
  run(store: CallStore, range: TimeRange): Promise<unknown>;
}

/** Queries of the dashboard and the alerts, for a day or for all data. */
export const QUERIES: readonly BenchQuery[] = [
  {
    name: 'summary, with the period before',
    run: (store, range) =>
      Promise.all([
        store.measure({ range, quantiles: true }),
        store.measure({ range: before(range), quantiles: true }),
      ]),
  },
  { name: 'by feature', run: (store, range) => store.measure({ range, by: ['feature'] }) },
  {
    name: 'by feature, over time',
    run: (store, range) => store.measure({ range, by: ['feature'], bucketMs: bucketOf(range) }),
  },
  {
    name: 'by operation, quantiles',
    run: (store, range) => store.measure({ range, by: ['feature', 'operation'], quantiles: true }),
  },
  {
    name: 'by operation, quantiles over time',
    run: (store, range) =>
      store.measure({ range, by: ['feature', 'operation'], quantiles: true, bucketMs: bucketOf(range) }),
  },
  { name: 'by model', run: (store, range) => store.measure({ range, by: ['provider', 'model'] }) },
  { name: 'by route', run: (store, range) => store.measure({ range, by: ['route'] }) },
  {
    name: 'by tenant, over time',
    run: (store, range) =>
      store.measure({
        range,
        by: ['tenant'],
        bucketMs: Math.max(HOUR, bucketOf(range)),
        top: { groups: 6, by: 'costUsd' },
      }),
  },
  { name: 'errors by type', run: (store, range) => store.errors({ range }) },
  {
    name: 'errors by type, over time',
    run: (store, range) => store.errors({ range, bucketMs: bucketOf(range) }),
  },
  { name: 'unpriced models', run: (store, range) => store.unpriced({ range }) },
  { name: 'calls, newest', run: (store, range) => store.calls({ range }) },
  {
    name: 'calls, a rare feature',
    run: (store, range) => store.calls({ range, where: { feature: ['contract_review'] } }),
  },
  {
    name: 'calls, one tenant failed',
    run: (store, range) => store.calls({ range, where: { tenant: ['tenant-97'], outcome: ['failed'] } }),
  },
  { name: 'calls, with retries', run: (store, range) => store.calls({ range, where: { retried: true } }) },
  { name: 'calls, slowest', run: (store, range) => store.calls({ range, sort: 'durationMs' }) },
  {
    name: 'calls, dearest of a feature',
    run: (store, range) => store.calls({ range, sort: 'costUsd', where: { feature: ['order_dashboard'] } }),
  },
  { name: 'calls, a text', run: (store, range) => store.calls({ range, where: { text: 'user-4711' } }) },
  {
    name: 'calls, a text that is nowhere',
    run: (store, range) => store.calls({ range, where: { text: 'nowhere at all' } }),
  },
  {
    name: 'one call',
    run: async (store, range) => {
      const { calls } = await store.calls({ range, limit: 1 });
      return store.call(calls[0]!.id);
    },
  },
  { name: 'status', run: (store) => store.status() },
];

function before({ from, to }: TimeRange): TimeRange {
  return { from: Math.max(0, 2 * from - to), to: from };
}

function bucketOf({ from, to }: TimeRange): number {
  return to - from <= DAY ? HOUR / 4 : 6 * HOUR;
}

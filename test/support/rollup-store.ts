import { type CallRecord } from 'nestjs-llm-telemetry';
import type { CallStore, StoreStatus } from '../../src/llm-telemetry/store/call-store.js';
import type {
  CountMeasure,
  Dimension,
  MeasuredGroup,
  MeasureQuery,
  MeasureResult,
  Measures,
  Quantiles,
} from '../../src/llm-telemetry/store/measures.js';
import { NO_MEASURES } from '../../src/llm-telemetry/store/measure-table.js';

const MINUTE = 60_000;

/** Sums (0 for measures that no test reads) and durations of the calls of one series that ended in one minute. */
interface Rollup {
  readonly names: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly minute: number;
  readonly sums: Sums;
  readonly durations: number[];
}

/** Store of rollups per minute: simple enough to be correct, and not suited to many calls. */
export class RollupStore implements CallStore {
  readonly remembers = 'fleet';
  private readonly rollups = new Map<string, Rollup>();
  private readonly ends: number[] = [];

  record(record: CallRecord): void {
    const { feature, operation, provider, model, startedAt, durationMs } = record;
    const endedAt = startedAt + durationMs;
    const minute = Math.floor(endedAt / MINUTE) * MINUTE;
    const names = { feature, operation, provider, model };
    const key = JSON.stringify([minute, names]);
    let rollup = this.rollups.get(key);
    if (!rollup) this.rollups.set(key, (rollup = { names, minute, sums: { ...NO_MEASURES }, durations: [] }));
    addRecord(rollup.sums, record);
    rollup.durations.push(durationMs);
    this.ends.push(endedAt);
  }

  async measure({ range, by = [], bucketMs, quantiles = false }: MeasureQuery): Promise<MeasureResult> {
    const from = Math.floor(range.from / MINUTE) * MINUTE;
    const to = Math.ceil(range.to / MINUTE) * MINUTE;
    const groups = new Map<string, Rollup[]>(by.length === 0 ? [['[]', []]] : []);
    for (const rollup of this.rollups.values())
      if (rollup.minute >= from && rollup.minute < to)
        append(groups, JSON.stringify(by.map((dimension) => rollup.names[dimension])), rollup);
    return {
      range: { from, to },
      bucketMs: bucketMs ?? null,
      groups: [...groups].map(([key, rollups]): MeasuredGroup => {
        const values = JSON.parse(key) as Array<string | null>;
        const buckets = new Map<number, Rollup[]>();
        if (bucketMs)
          for (const rollup of rollups) append(buckets, rollup.minute - (rollup.minute % bucketMs), rollup);
        return {
          names: Object.fromEntries(by.map((dimension, index) => [dimension, values[index]!])),
          measures: measuresOf(rollups, quantiles),
          buckets: [...buckets]
            .sort(([a], [b]) => a - b)
            .map(([at, rollups]) => ({ at, measures: measuresOf(rollups, quantiles) })),
        };
      }),
    };
  }

  async status(): Promise<StoreStatus> {
    const { ends } = this;
    return {
      kind: 'test',
      where: null,
      state: 'memory',
      trouble: null,
      written: ends.length,
      waiting: 0,
      waitingSince: null,
      dropped: { queue_full: 0, worker_failed: 0, write_failed: 0, closed: 0 },
      kept: ends.length,
      oldest: ends.length === 0 ? null : Math.min(...ends),
      newest: ends.length === 0 ? null : Math.max(...ends),
      bytes: 0,
    };
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {}
  errors = unsupported;
  unpriced = unsupported;
  calls = unsupported;
  records = unsupported;
  call = unsupported;
}

async function unsupported(): Promise<never> {
  throw new Error('Not kept here.');
}

function append<Key>(groups: Map<Key, Rollup[]>, key: Key, rollup: Rollup): void {
  const group = groups.get(key);
  if (group) group.push(rollup);
  else groups.set(key, [rollup]);
}

function addRecord(sums: Sums, { failure, truncated, cost, usage, attempts }: CallRecord): void {
  const retries = attempts.filter(({ isRetry }) => isRetry).length;
  const unpriced = usage !== null && usage.source !== 'missing' && cost.source === 'unknown';
  sums.calls++;
  sums.failed += Number(failure !== null && failure.type !== 'aborted');
  sums.aborted += Number(failure?.type === 'aborted');
  sums.truncated += Number(truncated);
  sums.contentFiltered += Number(failure?.type === 'content_filter');
  sums.costUsd += cost.costUsd ?? 0;
  sums.billedCalls += Number(usage !== null);
  sums.unpricedCalls += Number(unpriced);
  sums.unknownCostCalls += Number(unpriced || usage?.source === 'missing');
  sums.missingUsageCalls += Number(usage?.source === 'missing');
  sums.estimatedUsageCalls += Number(usage?.source === 'estimated');
  sums.contradictoryUsageCalls += Number(attempts.some((attempt) => attempt.usage?.clamped));
  sums.derivedUsageCalls += Number(attempts.some((attempt) => attempt.usage?.derived));
  sums.attempts += attempts.length;
  sums.retries += retries;
  sums.retriedCalls += Number(retries > 0);
  for (const attempt of attempts) sums.rateLimitedAttempts += Number(attempt.failure?.type === 'rate_limit');
}

function measuresOf(rollups: readonly Rollup[], quantiles: boolean): Measures {
  const sums: Sums = { ...NO_MEASURES };
  for (const rollup of rollups)
    for (const [name, value] of Object.entries(rollup.sums)) sums[name as keyof Sums] += value;
  const duration = quantiles ? quantilesOf(rollups.flatMap(({ durations }) => durations)) : null;
  return { ...sums, duration, firstToken: null };
}

type Sums = Record<CountMeasure, number>;

function quantilesOf(values: number[]): Quantiles | null {
  if (values.length === 0) return null;
  const sorted = values.sort((a, b) => a - b);
  const at = (quantile: number): number => sorted[Math.ceil(quantile * sorted.length) - 1]!;
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) };
}

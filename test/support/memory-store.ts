import type {
  CallPage,
  CallRecord,
  CallRow,
  ErrorCount,
  Measures,
  StoreStatus,
  StoredCall,
  UnpricedModel,
} from 'nestjs-llm-telemetry';
import { StoreQueryError, StoreUnavailableError } from 'nestjs-llm-telemetry';
import type { CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { UNKNOWN_ORIGIN } from '../../src/llm-telemetry/store/call-origin.js';
import type { CallFilter, CallQuery, RecordPage } from '../../src/llm-telemetry/store/calls.js';
import { NO_MEASURES } from '../../src/llm-telemetry/store/measure-table.js';
import type {
  BucketedQuery,
  ErrorResult,
  MeasureQuery,
  MeasureResult,
  MeasuredGroup,
  RangeQuery,
} from '../../src/llm-telemetry/store/measures.js';

/**
 * In-memory store that scans a list of calls, for tests of the dashboard that do not depend on the real store. A call
 * counts as a whole in one series. The store can be set to unavailable.
 */
export class MemoryStore implements CallStore {
  readonly rows: StoredCall[] = [];
  available = true;
  readonly remembers = 'fleet';

  record(record: CallRecord): void {
    this.rows.push(storedCall(this.rows.length + 1, record));
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {}

  async status(): Promise<StoreStatus> {
    return {
      kind: 'test',
      where: null,
      state: 'memory',
      trouble: null,
      written: this.rows.length,
      waiting: 0,
      waitingSince: null,
      dropped: { queue_full: 1, worker_failed: 0, write_failed: 2, closed: 0 },
      kept: this.rows.length,
      oldest: this.rows[0]?.endedAt ?? null,
      newest: this.rows.at(-1)?.endedAt ?? null,
      bytes: 0,
    };
  }

  async measure({
    range,
    where,
    by = [],
    bucketMs,
    bucketOffsetMs = 0,
    quantiles,
  }: MeasureQuery): Promise<MeasureResult> {
    const rows = this.within(range, where);
    const groups = groupBy(rows, (row) => JSON.stringify(by.map((name) => [name, row[name]])));
    if (by.length === 0 && rows.length === 0) groups.set('[]', []);
    const measured = [...groups].map(([names, rows]): MeasuredGroup => ({
      names: Object.fromEntries(JSON.parse(names) as Array<[string, string | null]>),
      measures: measuresOf(rows, quantiles),
      buckets: bucketMs
        ? [...groupBy(rows, startIn(bucketMs, bucketOffsetMs))]
            .sort(([a], [b]) => a - b)
            .map(([at, rows]) => ({ at, measures: measuresOf(rows, quantiles) }))
        : [],
    }));
    measured.sort((a, b) => b.measures.costUsd - a.measures.costUsd || b.measures.calls - a.measures.calls);
    return { range, bucketMs: bucketMs ?? null, groups: measured };
  }

  async errors({ range, where, bucketMs, bucketOffsetMs = 0 }: BucketedQuery): Promise<ErrorResult> {
    const rows = this.within(range, where);
    const types = countErrors(rows).map((count) => ({
      ...count,
      // No test reads the retries of an error type.
      retries: 0,
      retriedCalls: 0,
      recoveredCalls: 0,
      retryTimeMs: 0,
      retryCostUsd: 0,
      buckets: bucketMs
        ? [...groupBy(rows, startIn(bucketMs, bucketOffsetMs))]
            .sort(([a], [b]) => a - b)
            .flatMap(([at, rows]) => {
              const found = countErrors(rows).find(({ type }) => type === count.type);
              return found ? { at, calls: found.calls, attempts: found.attempts } : [];
            })
        : [],
    }));
    types.sort((a, b) => b.calls - a.calls || b.attempts - a.attempts);
    return { range, bucketMs: bucketMs ?? null, types };
  }

  async unpriced({ range, where }: RangeQuery): Promise<readonly UnpricedModel[]> {
    const rows = this.within(range, where).filter(({ costSource }) => costSource === 'unknown');
    return [...groupBy(rows, (row) => JSON.stringify([row.provider, row.model]))].map(([, rows]) => ({
      provider: rows[0]!.provider,
      model: rows[0]!.model,
      calls: rows.length,
      inputTokens: sum(rows, (row) => row.inputTokens),
      outputTokens: sum(rows, (row) => row.outputTokens),
    }));
  }

  async calls({
    range,
    where,
    sort = 'endedAt',
    order = 'desc',
    limit = 50,
    cursor,
  }: CallQuery): Promise<CallPage> {
    const from = Number(cursor ?? 0);
    if (!Number.isSafeInteger(from)) throw new StoreQueryError('The cursor is none of ours.');
    const key = (row: CallRow): number =>
      sort === 'tokens' ? (row.inputTokens ?? 0) + (row.outputTokens ?? 0) : (row[sort] ?? -1);
    const found = this.within(range, where).sort((a, b) => key(b) - key(a) || Number(b.id) - Number(a.id));
    if (order === 'asc') found.reverse();
    return {
      calls: found
        .slice(from, from + limit)
        .map(({ record: _record, older: _older, newer: _newer, ...row }) => row),
      next: from + limit < found.length ? String(from + limit) : null,
      searchedTo: range.from,
    };
  }

  async records({ limit = 50, ...query }: CallQuery): Promise<RecordPage> {
    const { calls, ...page } = await this.calls({ limit, ...query });
    const records = calls.map(({ id }) => this.rows[Number(id) - 1]!.record);
    return { ...page, records };
  }

  async call(id: string): Promise<StoredCall | null> {
    this.check();
    const at = this.rows.findIndex((row) => row.id === id);
    if (at < 0) return null;
    return { ...this.rows[at]!, older: this.rows[at - 1]?.id ?? null, newer: this.rows[at + 1]?.id ?? null };
  }

  private within({ from, to }: { from: number; to: number }, where: CallFilter = {}): StoredCall[] {
    this.check();
    return this.rows.filter(
      (row) =>
        row.endedAt >= from &&
        row.endedAt < to &&
        (['feature', 'operation', 'provider', 'model', 'route', 'tenant', 'user'] as const).every(
          (name) =>
            where[name] === undefined || (where[name] as ReadonlyArray<string | null>).includes(row[name]),
        ) &&
        (where.outcome?.some(
          (word) =>
            word === row.outcome ||
            (word === 'failed' && row.failed) ||
            (word === 'truncated' && row.truncated),
        ) ??
          true) &&
        (where.costReasonCode?.includes(row.costReasonCode!) ?? true) &&
        (where.retried === undefined || where.retried === row.retries > 0) &&
        (where.text === undefined || JSON.stringify(row).toLowerCase().includes(where.text.toLowerCase())),
    );
  }

  private check(): void {
    if (!this.available) throw new StoreUnavailableError('The store is not responding.');
  }
}

function startIn(bucketMs: number, offsetMs: number): (row: StoredCall) => number {
  return ({ endedAt }) => Math.floor((endedAt + offsetMs) / bucketMs) * bucketMs - offsetMs;
}

function countErrors(rows: readonly StoredCall[]): ErrorCount[] {
  const calls = rows.flatMap(({ record }) => record.failure?.type ?? []);
  const attempts = rows.flatMap(({ record }) =>
    record.attempts.flatMap(({ failure }) => failure?.type ?? []),
  );
  const count = (of: readonly string[], type: string): number => of.filter((one) => one === type).length;
  return [...new Set([...calls, ...attempts])].map((type) => ({
    type,
    calls: count(calls, type),
    attempts: count(attempts, type),
  }));
}

function storedCall(number: number, record: CallRecord): StoredCall {
  const { usage, cost, failure, finishReason, attempts } = record;
  const known = usage !== null && usage.source !== 'missing';
  return {
    id: String(number),
    startedAt: record.startedAt,
    endedAt: record.startedAt + record.durationMs,
    feature: record.feature,
    operation: record.operation,
    provider: record.provider,
    model: record.model,
    route: record.route,
    tenant: record.identity.tenantId ?? null,
    user: record.identity.userId ?? null,
    outcome:
      failure?.type ??
      (finishReason === null || finishReason === 'stop'
        ? 'ok'
        : finishReason === 'cancelled'
          ? 'aborted'
          : finishReason),
    failed: failure !== null && failure.type !== 'aborted',
    truncated: record.truncated,
    attempts: attempts.length,
    retries: attempts.filter(({ isRetry }) => isRetry).length,
    durationMs: record.durationMs,
    timeToFirstTokenMs: record.timeToFirstTokenMs,
    inputTokens: known ? usage.inputTokens : null,
    outputTokens: known ? usage.outputTokens : null,
    usageSource: usage?.source ?? null,
    costUsd: cost.source === 'unknown' ? null : cost.costUsd,
    costSource: cost.source,
    costReasonCode:
      cost.source === 'unknown'
        ? (record.attempts.flatMap((attempt) =>
            attempt.cost?.source === 'unknown' ? attempt.cost.reasonCode : [],
          )[0] ?? 'no_request')
        : null,
    traceId: record.trace?.traceId ?? null,
    budgetExceeded: record.budgetExceeded === true,
    batch: record.batch ?? null,
    ...UNKNOWN_ORIGIN,
    record,
    older: null,
    newer: null,
  };
}

function measuresOf(rows: readonly StoredCall[], quantiles = false): Measures {
  const count = (of: (row: StoredCall) => boolean): number => rows.filter(of).length;
  const retried = rows.filter((row) => row.retries > 0);
  return {
    ...NO_MEASURES,
    calls: rows.length,
    failed: count((row) => row.failed),
    aborted: count((row) => row.outcome === 'aborted'),
    truncated: count((row) => row.truncated),
    contentFiltered: count((row) => row.outcome === 'content_filter'),
    costUsd: sum(rows, (row) => row.costUsd),
    estimatedCostUsd: sum(rows, (row) => (row.usageSource === 'estimated' ? row.costUsd : 0)),
    billedCalls: count((row) => row.usageSource !== null),
    unpricedCalls: count((row) => row.costSource === 'unknown' && row.usageSource !== 'missing'),
    missingUsageCalls: count((row) => row.usageSource === 'missing'),
    estimatedUsageCalls: count((row) => row.usageSource === 'estimated'),
    inputTokens: sum(rows, (row) => row.inputTokens),
    cachedInputTokens: sum(rows, (row) => row.record.usage?.cachedInputTokens ?? 0),
    cacheWriteTokens: sum(rows, (row) => row.record.usage?.cacheWriteTokens5m ?? 0),
    outputTokens: sum(rows, (row) => row.outputTokens),
    reasoningTokens: sum(rows, (row) => row.record.usage?.reasoningTokens ?? 0),
    attempts: sum(rows, (row) => row.attempts),
    retries: sum(rows, (row) => row.retries),
    rateLimitedAttempts: sum(
      rows,
      (row) => row.record.attempts.filter(({ failure }) => failure?.type === 'rate_limit').length,
    ),
    retriedCalls: retried.length,
    recoveredCalls: retried.filter((row) => row.record.failure === null).length,
    retryTimeMs: sum(retried, (row) => row.record.waitingTimeMs),
    retryCostUsd: 0,
    unknownCostCalls: count((row) => row.costSource === 'unknown' || row.usageSource === 'missing'),
    contradictoryUsageCalls: count((row) => row.record.attempts.some(({ usage }) => usage?.clamped)),
    derivedUsageCalls: count((row) => row.record.attempts.some(({ usage }) => usage?.derived)),
    duration: quantiles ? quantilesOf(rows.map((row) => row.durationMs)) : null,
    firstToken: quantiles ? quantilesOf(rows.flatMap((row) => row.timeToFirstTokenMs ?? [])) : null,
  };
}

function quantilesOf(values: readonly number[]): Measures['duration'] {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.ceil(q * sorted.length) - 1]!;
  return { count: values.length, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) };
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function sum<T>(items: readonly T[], of: (item: T) => number | null): number {
  return items.reduce((all, item) => all + (of(item) ?? 0), 0);
}

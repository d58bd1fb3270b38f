import type {
  CallDetail,
  CallPage,
  CallRecord,
  CallRow,
} from '../../src/llm-telemetry/dashboard/api/index.js';
import { KINDS } from './fixture-records.js';

/** Stored calls, the newest last. */
export class FixtureCalls {
  readonly calls: CallDetail[] = [];

  constructor(now: number, count = 130) {
    for (let index = count - 1; index >= 0; index--) {
      const record = KINDS[index % KINDS.length]!(0);
      this.add({ ...record, ...shifted(record, now - 400 - index * 1300 - record.durationMs) });
    }
  }

  add(record: CallRecord): CallRow {
    const endedAt = Math.floor(record.startedAt + record.durationMs);
    const together = this.calls.filter((call) => Math.floor(call.endedAt) === endedAt).length;
    // Ids have 16 digits, as in the store.
    const detail = detailOf(endedAt * 2048 + together, record);
    this.calls.push(detail);
    return rowOf(detail);
  }

  /** Adds a call of the kind with this number. */
  addKind(kind: number, now: number): CallRow {
    const record = KINDS[kind % KINDS.length]!(0);
    return this.add({ ...record, ...shifted(record, now - record.durationMs) });
  }

  page(query: URLSearchParams, now: number): CallPage {
    const to = Date.parse(query.get('to') ?? '') || now;
    const from = Date.parse(query.get('from') ?? '') || to - 86_400_000;
    const limit = Number(query.get('limit') ?? 50);
    const start = Number(query.get('cursor') ?? 0);
    const sort = (query.get('sort') ?? 'endedAt') as 'endedAt' | 'durationMs' | 'costUsd' | 'tokens';
    const key = (row: CallRow): number =>
      sort === 'tokens' ? (row.inputTokens ?? -1) + (row.outputTokens ?? 0) : (row[sort] ?? -1);
    const found = this.calls
      .filter((row) => row.endedAt >= from && row.endedAt < to && isIn(row, query))
      .sort((a, b) => key(b) - key(a) || Number(b.id) - Number(a.id));
    if (query.get('order') === 'asc') found.reverse();
    return {
      calls: found.slice(start, start + limit).map(rowOf),
      next: start + limit < found.length ? String(start + limit) : null,
      searchedTo: from,
    };
  }

  /** Returns a call, or `null` if the id is unknown or has another form. */
  one(id: string): CallDetail | null {
    const index = this.calls.findIndex((call) => String(call.id) === id);
    const detail = this.calls[index];
    if (!detail) return null;
    const neighbor = (at: number): CallDetail['id'] | null => this.calls[at]?.id ?? null;
    return { ...detail, older: neighbor(index - 1), newer: neighbor(index + 1) };
  }

  /** Returns the id of a call by its number in order of insertion, from 1. */
  idOf(number: number): string {
    return String(this.calls[number - 1]!.id);
  }
}

function nameIn(row: CallDetail, name: string): string {
  return (row as unknown as Record<string, string | null>)[name] ?? '';
}

function isIn(row: CallDetail, query: URLSearchParams): boolean {
  const outcomes = query.getAll('outcome');
  const text = query.get('text')?.toLowerCase();
  const reasons = query.getAll('costReasonCode');
  const retried = query.get('retried');
  return (
    (['feature', 'operation', 'model', 'route', 'tenant', 'user'] as const).every(
      (name) => !query.has(name) || query.getAll(name).includes(nameIn(row, name)),
    ) &&
    (outcomes.length === 0 ||
      outcomes.includes(row.outcome) ||
      (outcomes.includes('failed') && row.failed) ||
      (outcomes.includes('truncated') && row.truncated)) &&
    (reasons.length === 0 || reasons.includes(row.costReasonCode ?? '')) &&
    (retried === null || (retried === 'true') === row.retries > 0) &&
    (text === undefined || JSON.stringify(row).toLowerCase().includes(text))
  );
}

function shifted(record: CallRecord, by: number): Pick<CallRecord, 'startedAt' | 'attempts'> {
  return {
    startedAt: record.startedAt + by,
    attempts: record.attempts.map((attempt) => ({ ...attempt, startedAt: attempt.startedAt + by })),
  };
}

export function detailOf(number: number, record: CallRecord): CallDetail {
  const { usage, cost, failure, finishReason } = record;
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
    outcome: failure?.type ?? (finishReason === null || finishReason === 'stop' ? 'ok' : finishReason),
    failed: failure !== null && failure.type !== 'aborted',
    truncated: record.truncated,
    attempts: record.attempts.length,
    retries: record.attempts.filter(({ isRetry }) => isRetry).length,
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
    service: 'orders-api',
    version: '2.4.1',
    environment: 'production',
    instance: 'orders-7d9f:4711',
    record,
    older: null,
    newer: null,
    traceUrl: record.trace && `https://traces.example/trace/${record.trace.traceId}`,
  };
}

function rowOf(detail: CallDetail): CallRow {
  const { record: _record, older: _older, newer: _newer, traceUrl: _traceUrl, ...row } = detail;
  return row;
}

import type { CallRecord } from '../../calls/record.js';
import type { CallOrigin } from '../call-origin.js';
import type { CallStore } from '../call-store.js';
import type { CallQuery, CallRow, CallSort } from '../calls.js';

/** Returns the row that a list must contain for a record. */
export function rowOf(record: CallRecord, id: string, origin: CallOrigin): CallRow {
  const { failure, finishReason, usage, cost, attempts, identity } = record;
  const known = usage?.source === 'missing' ? null : usage;
  const ended = finishReason === null || finishReason === 'stop' ? 'ok' : finishReason;
  const unpriced = attempts.find((attempt) => attempt.cost?.source === 'unknown')?.cost;
  return {
    ...origin,
    id,
    startedAt: record.startedAt,
    endedAt: record.startedAt + record.durationMs,
    feature: record.feature,
    operation: record.operation,
    provider: record.provider,
    model: record.model,
    route: record.route,
    tenant: identity.tenantId ?? null,
    user: identity.userId ?? null,
    outcome: failure?.type ?? (ended === 'cancelled' ? 'aborted' : ended),
    failed: failure !== null && failure.type !== 'aborted',
    truncated: record.truncated,
    attempts: attempts.length,
    retries: attempts.filter(({ isRetry }) => isRetry).length,
    durationMs: record.durationMs,
    timeToFirstTokenMs: record.timeToFirstTokenMs,
    inputTokens: known?.inputTokens ?? null,
    outputTokens: known?.outputTokens ?? null,
    usageSource: usage?.source ?? null,
    costUsd: cost.costUsd,
    costSource: cost.source,
    costReasonCode:
      cost.source !== 'unknown' ? null : unpriced?.source === 'unknown' ? unpriced.reasonCode : 'no_request',
    traceId: record.trace?.traceId ?? null,
    budgetExceeded: record.budgetExceeded === true,
    batch: record.batch ?? null,
  };
}

/** Returns the value that a call is sorted by; `null` for calls that come last. */
export function sortValueOf(row: CallRow, sort: Exclude<CallSort, 'endedAt'>): number | null {
  switch (sort) {
    case 'durationMs':
      return row.batch ? null : row.durationMs;
    case 'costUsd':
      return row.costSource === null ? null : row.costUsd;
    case 'tokens':
      return row.inputTokens === null ? null : row.inputTokens + row.outputTokens!;
  }
}

/** Sorts rows as a list does. */
export function sorted(
  rows: readonly CallRow[],
  { sort = 'endedAt', order = 'desc' }: Omit<CallQuery, 'range'>,
): CallRow[] {
  const latestFirst = rows.toSorted((one, other) => other.endedAt - one.endedAt);
  if (sort === 'endedAt') return order === 'asc' ? latestFirst.toReversed() : latestFirst;
  const valueOf = (row: CallRow): number => sortValueOf(row, sort) ?? -Infinity;
  return latestFirst.sort((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)];
    return a === b ? 0 : b - a;
  });
}

/** Bound for pages of a list that never ends. */
const MAX_PAGES = 10_000;

/** Returns the calls of all pages. */
export async function allCalls(store: CallStore, query: CallQuery): Promise<CallRow[]> {
  const rows: CallRow[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; cursor !== null; page++) {
    if (page > MAX_PAGES) throw new Error('The pages of a list do not end.');
    const { calls, next } = await store.calls({ ...query, ...(cursor && { cursor }) });
    rows.push(...calls);
    cursor = next;
  }
  return rows;
}

/** Returns the records of all pages. */
export async function allRecords(store: CallStore, query: CallQuery): Promise<CallRecord[]> {
  const found: CallRecord[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; cursor !== null; page++) {
    if (page > MAX_PAGES) throw new Error('The pages of a list do not end.');
    const { records, next } = await store.records({ ...query, ...(cursor && { cursor }) });
    found.push(...records);
    cursor = next;
  }
  return found;
}

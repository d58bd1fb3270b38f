import type { CallRecord } from '../calls/record.js';
import type { CallRow } from './calls.js';
import { hasFailed, outcomeOf } from '../calls/outcome.js';

/** Returns the end of a call, Unix milliseconds. A call belongs to the time at which it ended. */
export function endOf({ startedAt, durationMs }: CallRecord): number {
  return startedAt + durationMs;
}

/** Converts a record to a row of a list. */
export function callRow(id: number, record: CallRecord): CallRow {
  const { usage, cost, attempts } = record;
  const known = usage !== null && usage.source !== 'missing';
  return {
    id,
    startedAt: record.startedAt,
    endedAt: endOf(record),
    feature: record.feature,
    operation: record.operation,
    provider: record.provider,
    model: record.model,
    route: record.route,
    tenant: record.identity.tenantId ?? null,
    user: record.identity.userId ?? null,
    outcome: outcomeOf(record),
    failed: hasFailed(record),
    truncated: record.truncated,
    attempts: attempts.length,
    retries: attempts.filter(({ isRetry }) => isRetry).length,
    durationMs: record.durationMs,
    timeToFirstTokenMs: record.timeToFirstTokenMs,
    inputTokens: known ? usage.inputTokens : null,
    outputTokens: known ? usage.outputTokens : null,
    usageSource: usage?.source ?? null,
    // Version 0.1.0 stored 0 for an unknown cost.
    costUsd: cost.source === 'unknown' ? null : cost.costUsd,
    costSource: cost.source,
    traceId: record.trace?.traceId ?? null,
    budgetExceeded: record.budgetExceeded === true,
  };
}

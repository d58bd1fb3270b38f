import type { CostReasonCode } from '../calls/cost.js';
import { costReasonCodeOf, hasFailed, outcomeOf } from '../calls/outcome.js';
import type { BatchOrigin, CallCost, CallRecord } from '../calls/record.js';
import type { UsageSource } from '../wire/usage.js';
import type { CallOrigin } from './call-origin.js';
import type { MeasureFilter, TimeRange } from './measures.js';

/** Selects calls. Omitted filters do not apply; any value of a list matches. @publicApi */
export interface CallFilter extends MeasureFilter {
  /**
   * Values of `CallRow.outcome`, or groups of them: `failed` (any error type except `aborted`), `truncated` (`length` and
   * `context_window`, thrown or not), `other` (unknown finish reasons), and `cancelled`, an alias of `aborted`.
   */
  readonly outcome?: readonly string[];
  /** Values of `CallRow.costReasonCode`. */
  readonly costReasonCode?: readonly CostReasonCode[];
  /** `true`: only calls with retries; `false`: only calls without. */
  readonly retried?: boolean;
  /** Text that any string value of the record contains. Case-insensitive for ASCII. */
  readonly text?: string;
}

/**
 * Sort order of calls. Calls without a value (an unknown cost or nothing billed, no tokens, the duration of batches) come
 * last, the latest first.
 *
 * @publicApi
 */
export type CallSort = 'endedAt' | 'durationMs' | 'costUsd' | 'tokens';

/** @publicApi */
export interface CallQuery {
  readonly range: TimeRange;
  readonly where?: CallFilter;
  /** @defaultValue `endedAt` */
  readonly sort?: CallSort;
  /** `asc` is supported for `endedAt` only. @defaultValue `desc` */
  readonly order?: 'desc' | 'asc';
  /** From 1 to 1,000. @defaultValue 50 */
  readonly limit?: number;
  /** `CallPage.next` of the preceding page. The rest of the query must be the same. */
  readonly cursor?: string;
}

/** @publicApi */
export interface CallPage {
  readonly calls: readonly CallRow[];
  /** Cursor of the next page; `null` on the last page. A short or empty page can have a next one. */
  readonly next: string | null;
  /**
   * How far the search got, Unix milliseconds: a page is limited in the number of calls it scans. `range.from` (`range.to`
   * when ascending) if the whole range was searched. When sorted by a value, `range.to` means that the search is incomplete
   * and larger values may exist.
   */
  readonly searchedTo: number;
}

/** @publicApi */
export interface RecordPage {
  readonly records: readonly CallRecord[];
  /** As in `CallPage`. */
  readonly next: string | null;
  readonly searchedTo: number;
}

/** A call in a list. @publicApi */
export interface CallRow extends CallOrigin {
  /**
   * A UUID of version 7, whose time is the end of the call; unique across all processes. Calls of version 0.1.0 have a
   * decimal number.
   */
  readonly id: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly feature: string;
  readonly operation: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly route: string | null;
  readonly tenant: string | null;
  /** `userId` of the identity that the application provides. */
  readonly user: string | null;
  /**
   * The error type if the call failed or was aborted, otherwise the finish reason if it is not `stop`, otherwise `ok`. An
   * abandoned stream is `aborted`.
   */
  readonly outcome: string;
  /** True for an error type other than `aborted`. */
  readonly failed: boolean;
  readonly truncated: boolean;
  readonly attempts: number;
  readonly retries: number;
  readonly durationMs: number;
  readonly timeToFirstTokenMs: number | null;
  /** `null` if the usage is unknown. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly usageSource: UsageSource | null;
  /** `null` if the cost is unknown (`costSource` is `unknown`); 0 if nothing was billed. */
  readonly costUsd: number | null;
  readonly costSource: CallCost['source'];
  /** Why the cost is unknown: the reason of the first attempt without a cost; `null` if the cost is known. */
  readonly costReasonCode: CostReasonCode | null;
  readonly traceId: string | null;
  /** `true` if the call started, or was refused, while a budget was exceeded. */
  readonly budgetExceeded: boolean;
  /** Set for an item of a batch and for the sum of a batch, which have no duration: `durationMs` is 0. */
  readonly batch: BatchOrigin | null;
}

/** A call with its complete record. @publicApi */
export interface StoredCall extends CallRow {
  readonly record: CallRecord;
  /** The ids of the calls that ended before and after it. */
  readonly older: string | null;
  readonly newer: string | null;
}

/** Returns the end of a call, Unix milliseconds. A call belongs to the time at which it ended. */
export function endOf({ startedAt, durationMs }: CallRecord): number {
  return startedAt + durationMs;
}

/** Converts a record to a row of a list. */
export function callRow(id: string, record: CallRecord, origin: CallOrigin): CallRow {
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
    costReasonCode: costReasonCodeOf(record),
    traceId: record.trace?.traceId ?? null,
    budgetExceeded: record.budgetExceeded === true,
    batch: record.batch ?? null,
    service: origin.service,
    version: origin.version,
    environment: origin.environment,
    instance: origin.instance,
  };
}

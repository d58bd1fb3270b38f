import type { CallCost, CallRecord } from '../calls/record.js';
import type { UsageSource } from '../wire/usage.js';
import type { MeasureFilter, TimeRange } from './measures.js';

/** Selects calls. A filter that is omitted does not apply; of a list, any value matches. @publicApi */
export interface CallFilter extends MeasureFilter {
  /**
   * Values of `CallRow.outcome`, and some that stand for several: `failed` (any error type except `aborted`), `truncated`
   * (`length` and `context_window`, thrown or not), `other` (finish reasons that are not known), and `cancelled`, an alias
   * of `aborted`.
   */
  readonly outcome?: readonly string[];
  /** `true`: only calls in which a request was repeated; `false`: only those in which none was. */
  readonly retried?: boolean;
  /** Text that is in the call: in one of its names, or anywhere else in its record. Case is not looked at in ASCII. */
  readonly text?: string;
}

/** `endedAt` sorts by time. Calls without a value (no known cost, no tokens) come last, the latest first. @publicApi */
export type CallSort = 'endedAt' | 'durationMs' | 'costUsd' | 'tokens';

/** @publicApi */
export interface CallQuery {
  readonly range: TimeRange;
  readonly where?: CallFilter;
  /** Default `endedAt`. */
  readonly sort?: CallSort;
  /** Default `desc`. Only `endedAt` sorts both ways. */
  readonly order?: 'desc' | 'asc';
  /** From 1 to 1,000. Default 50. */
  readonly limit?: number;
  /** `CallPage.next` of the page before, with the same query otherwise. */
  readonly cursor?: string;
}

/** @publicApi */
export interface CallPage {
  readonly calls: readonly CallRow[];
  /** Asks for what comes after; `null`: that is all. A page can be short, or empty, and yet have a next one. */
  readonly next: string | null;
  /**
   * How far back was looked, Unix milliseconds: where a filter matches little, a page ends when enough calls have been
   * looked at. Equals `range.from` (`range.to` when ascending) where all was. Sorted by a value: `range.from` where all
   * was, else `range.to`, and there may be larger ones.
   */
  readonly searchedTo: number;
}

/** A call as a list shows it. @publicApi */
export interface CallRow {
  /** Greater for calls that ended later, unique within a file. */
  readonly id: number;
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
   * The error type if the call failed or was aborted, else the finish reason if it is not `stop`, else `ok`. A stream that
   * was left is `aborted`.
   */
  readonly outcome: string;
  /** With an error type other than `aborted`. */
  readonly failed: boolean;
  readonly truncated: boolean;
  readonly attempts: number;
  readonly retries: number;
  readonly durationMs: number;
  readonly timeToFirstTokenMs: number | null;
  /** `null`: no usage. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly usageSource: UsageSource | null;
  /** `null` where it is not known, which `costSource` says; 0 where nothing was billed. */
  readonly costUsd: number | null;
  readonly costSource: CallCost['source'];
  readonly traceId: string | null;
  /** `true` if the call started, or was refused, while a budget was exceeded. */
  readonly budgetExceeded: boolean;
}

/** One call, whole. @publicApi */
export interface StoredCall extends CallRow {
  readonly record: CallRecord;
  /** The ids of the calls that ended before and after it. */
  readonly older: number | null;
  readonly newer: number | null;
}

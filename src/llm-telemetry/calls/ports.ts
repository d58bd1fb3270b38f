import type { Exchange } from '../wire/exchanges/exchange.js';
import type { AsyncContext } from '../wire/guard.js';
import type { Usage } from '../wire/usage.js';
import type { BatchSummary } from './batches/batch-summary.js';
import type { CallName } from './call-name.js';
import type { Cost } from './cost.js';
import type { CallRecord, RequestIdentity } from './record.js';

/**
 * Interfaces of what a call needs from the folders on its right, which implement them: tracing (`sinks/`), admission
 * (`budgets/`) and consumers of records (`sinks/`, `store/`, `budgets/`).
 */

/** Provides the tracing context of a call, so that `calls/` does not depend on OpenTelemetry. */
export interface CallTracer {
  start(call: TracedCall): CallTrace;
}

/** Facts about a call at its start. */
export interface TracedCall {
  readonly name: CallName;
  /** Repetition by the decorator's `retry`, from 0. */
  readonly retryIndex: number;
  /** `performance.now()`. */
  readonly startedAt: number;
  /** Unix milliseconds of the same moment. */
  readonly startedAtUnix: number;
}

export interface CallTrace {
  readonly ids: { readonly traceId: string; readonly spanId: string } | null;
  /** Runs the method, or a step of its result, inside the call's span. */
  run(work: () => void): void;
  /** Starts the span of the attempt with this index and returns its context, in which the request is sent. */
  attempt(index: number, exchange: Exchange): AsyncContext;
  /** Returns whether `recordUsage` must be called once the response of this attempt is complete. Never throws. */
  wantsUsage(index: number): boolean;
  /** Writes the usage of an attempt to the span of another library, which ends before the call does. */
  recordUsage(index: number, billed: BilledUsage): void;
  /** Updates the span of an attempt, whose request was not fully known when it started. */
  requestRead(index: number, exchange: Exchange): void;
  /** Sets the attributes of the record on the spans and ends them. Called once. */
  end(record: CallRecord): void;
}

/** Usage of an attempt and its cost. */
export interface BilledUsage {
  readonly usage: Usage;
  readonly cost: Cost;
}

/** Decides synchronously, before the method of a call runs, whether a call may start. If it throws, the call starts. */
export interface Admission {
  /** @param enclosing - the reservation of the nearest enclosing call that has one */
  admit(name: CallName, identity: RequestIdentity, enclosing: Reservation | null): Verdict;
}

/**
 * `within`: the call may start. `exceeded`: it may start although a budget is used up. A reservation: it may start, and
 * holds a part of a budget until it ends. An error: the call is refused, and its method fails with that error.
 */
export type Verdict = 'within' | 'exceeded' | Reservation | Error;

/** Part of budgets held by a call in flight, from its start or first request until its end. */
export interface Reservation {
  /** `true` if a budget that only warns is used up. */
  readonly exceeded: boolean;
  /** `true` until the first request, which decides the amount and can be refused. */
  readonly pending: boolean;
  /** Called before the call sends a request. Returns the error to refuse it with, or `null`. */
  request(exchange: Exchange): Error | null;
  /** Called after the call was recorded. Idempotent. */
  release(): void;
}

/** Consumes the records of an application. Errors are caught and reported. */
export interface RecordSink {
  /** `trace` belongs to the call. Retaining it retains the spans of the call. */
  record(record: CallRecord, trace: CallTrace): void;
  /** Takes an item of a batch in place of the sum, which was recorded before. Omitted if the sum cannot be replaced. */
  replace?(record: CallRecord): void;
  /** The results of a batch were recorded. */
  batchRecorded?(summary: BatchSummary): void;
  /** Processes buffered records. */
  flush?(): void;
  /** Called when the application stops. Records of calls that still run can follow. */
  close?(): void;
}

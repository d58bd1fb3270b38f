import type { Exchange } from '../wire/exchanges/exchange.js';
import type { AsyncContext } from '../wire/guard.js';
import type { CallName } from './call-name.js';
import type { CallRecord } from './record.js';

/**
 * Provides the tracing context of a call. Implemented by the span sink; declared here, so that `calls/` does not depend on
 * OpenTelemetry.
 */
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
  /** Sets the attributes of the record on the spans and ends them. Called once. */
  end(record: CallRecord): void;
}

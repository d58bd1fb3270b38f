import type { Exchange } from '../wire/exchanges/exchange.js';
import type { Surrounding } from '../wire/guard.js';
import type { CallName } from './call-name.js';
import type { CallRecord } from './record.js';

/**
 * What a call needs of tracing: a context for the work that it does, from its start on. Implemented by the span sink;
 * declared here so that calls know nothing of OpenTelemetry.
 */
export interface CallTracer {
  start(call: TracedCall): CallTrace;
}

/** What a trace is told of a call when it starts. */
export interface TracedCall {
  readonly name: CallName;
  /** The run of the decorator's `retry`, from 0. */
  readonly run: number;
  /** `performance.now()`. */
  readonly startedAt: number;
  /** Unix milliseconds of the same moment. */
  readonly startedAtUnix: number;
}

export interface CallTrace {
  readonly ids: { readonly traceId: string; readonly spanId: string } | null;
  /** Runs the method, or a step of it, inside the call's span. */
  run(work: () => void): void;
  /** A request is about to be sent, the call's attempt of this index: the span that it is to be sent in. */
  attempt(index: number, exchange: Exchange): Surrounding;
  /** The call is over: its spans get what the record says. Called once. */
  end(record: CallRecord): void;
}

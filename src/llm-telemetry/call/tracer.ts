import type { Attempt } from './attempt.js';
import type { Call } from './call.js';
import type { CallRecord } from './record.js';

/**
 * What a call needs of tracing: a context for the work that it does, from its start on. Implemented by the span sink;
 * declared here so that calls know nothing of OpenTelemetry.
 */
export interface CallTracer {
  start(call: Call): CallTrace;
}

export interface CallTrace {
  readonly ids: { readonly traceId: string; readonly spanId: string } | null;
  /** Runs the method, or a step of it, inside the call's span. */
  run<T>(work: () => T): T;
  /** A request is about to be sent; runs it inside a span of its own. */
  attempt(attempt: Attempt): { run<T>(send: () => T): T };
  /** The call is over: its spans get what the record says. Called once. */
  end(record: CallRecord): void;
}

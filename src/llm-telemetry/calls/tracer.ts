import type { Exchange } from '../wire/exchanges/exchange.js';
import type { Surrounding } from '../wire/guard.js';
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
  run(work: () => void): void;
  /** A request is about to be sent, the call's attempt of this index: the span that it is to be sent in. */
  attempt(index: number, exchange: Exchange): Surrounding;
  /** The call is over: its spans get what the record says. Called once. */
  end(record: CallRecord): void;
}

import type { Exchange, ExchangeListener, ExchangeObserver } from '../wire/exchanges/exchange.js';
import { DEFAULT_ERROR_STATUSES, type FinishReason } from '../wire/finish-reason.js';
import { guard, reportFault } from '../wire/guard.js';
import { tapGlobalFetch } from '../wire/transports/global-fetch.js';
import type { Admission, Reservation } from './admission.js';
import { Call, type CallOwner } from './call.js';
import { boundedCallName, type CallName } from './call-name.js';
import { replaceStopSequences, type ContentCapture } from './content.js';
import type { Pricer } from './cost.js';
import { isSuccessful, isModelFailure } from './failure-of-call.js';
import { recordOfCall } from './record-of-call.js';
import type { CallRecord } from './record.js';
import type { RecordSink } from './record-sink.js';
import { Sweeper } from './sweeper.js';
import type { CallTracer } from './tracer.js';

/** Feature of model requests outside of calls. */
export const UNATTRIBUTED = 'unattributed';

const ANONYMOUS = Object.freeze({});

/** Recorder of one application: starts calls, observes their requests, and passes the records of ended calls to sinks. */
export class CallRecorder implements ExchangeObserver, CallOwner {
  private readonly sweeper = new Sweeper();

  constructor(
    readonly tracer: CallTracer,
    private readonly pricer: Pricer,
    private readonly sinks: readonly RecordSink[],
    private readonly content: ContentCapture | null,
    /** Called when a call ends without an attempt: its client may not be captured. */
    private readonly onNoAttempt: (name: CallName) => void,
    private readonly includeStreamUsage = false,
    /** `null` without budgets. */
    private readonly admission: Admission | null = null,
    private readonly errorStatuses: ReadonlySet<FinishReason> = new Set(DEFAULT_ERROR_STATUSES),
  ) {}

  /** Starts a call. Returns `null` if that failed; the method then runs without telemetry. */
  start(name: CallName, retryIndex = 0): Call | null {
    tapGlobalFetch();
    const call = guard('starting a call', () => new Call(this, boundedCallName(name), retryIndex));
    call?.request?.callStarted();
    return call ?? null;
  }

  /** Returns the error if budgets refuse a call that has started, else `null`. */
  refusalOf(call: Call): Error | null {
    const { admission } = this;
    if (admission === null) return null;
    const identity = call.request?.identity ?? ANONYMOUS;
    const enclosing = enclosingReservation(call);
    const verdict = guard('checking a budget', () => admission.admit(call.name, identity, enclosing));
    if (verdict === undefined || verdict === 'within') return null;
    if (typeof verdict === 'object' && 'release' in verdict) {
      call.reservation = verdict;
      call.budgetExceeded = verdict.exceeded;
      return null;
    }
    call.budgetExceeded = true;
    return verdict === 'exceeded' ? null : verdict;
  }

  /** Starts a call for a request outside of calls. */
  begin(exchange: Exchange): ExchangeListener | null {
    return this.startOrphan(
      { feature: UNATTRIBUTED, operation: exchange.request.format.operation },
      exchange,
    );
  }

  observe(call: Call, exchange: Exchange): ExchangeListener | null {
    if (call.ended) return this.startOrphan(call.name, exchange);
    const { reservation } = call;
    if (reservation !== null && !exchange.isAborted) {
      const refusal = guard('checking a budget', () => reservation.request(exchange));
      if (refusal) return call.refuse(refusal);
      call.refusal = null;
    }
    return this.attempt(call, exchange);
  }

  settled(call: Call): void {
    this.sweeper.add(call);
  }

  ended(call: Call): void {
    this.sweeper.delete(call);
    this.emitRecord(call);
    const { reservation } = call;
    if (reservation === null) return;
    call.reservation = null;
    guard('releasing a reservation', () => reservation.release());
  }

  /** Ends the calls whose method has returned but whose responses are not read to the end, and flushes the sinks. */
  flush(): void {
    this.sweeper.flush();
    for (const sink of this.sinks) guard('flushing a sink', () => sink.flush?.());
  }

  /** Flushes and closes the sinks. Called when the application stops. */
  close(): void {
    this.flush();
    for (const sink of this.sinks) guard('closing a sink', () => sink.close?.());
    guard('closing the pricer', () => this.pricer.close?.());
  }

  /** Creates the record of a call that has ended and passes it to the sinks. */
  private emitRecord(call: Call): void {
    const record = guard('creating a record', () =>
      recordOfCall(call, this.pricer, this.content, this.errorStatuses),
    );
    if (record) guard('recording an outcome', () => setOutcome(call, record));
    call.release();
    guard('adding the totals of a request', () => call.request?.callEnded(record));
    if (!record) return;
    const { failure } = record;
    guard('ending a span', () => call.trace.end(record));
    for (const sink of this.sinks) {
      try {
        sink.record(record, call.trace);
      } catch (error) {
        reportFault('passing a record to a sink', error);
      }
    }
    if (!call.requestSeen && failure === null) guard('logging a warning', () => this.onNoAttempt(call.name));
  }

  private attempt(call: Call, exchange: Exchange): ExchangeListener {
    exchange.includeStreamUsage = this.includeStreamUsage;
    const { content } = this;
    if (content) guard('reading content', () => content.begin(exchange));
    else replaceStopSequences(exchange, () => undefined);
    return call.attempt(exchange);
  }

  /** Starts a separate call for one request. */
  private startOrphan(name: CallName, exchange: Exchange): ExchangeListener | null {
    const call = this.start(name);
    if (!call) return null;
    const listener = this.attempt(call, exchange);
    call.settle('stream');
    return listener;
  }
}

/** Returns the reservation of the nearest enclosing call that has one. */
function enclosingReservation(call: Call): Reservation | null {
  let outer = call.parent;
  while (outer && outer.reservation === null) outer = outer.parent;
  return outer?.reservation ?? null;
}

/** Sets the outcome of a call, which its errors and the enclosing calls refer to. */
function setOutcome(call: Call, { failure, attempts }: CallRecord): void {
  if (attempts.some(isSuccessful)) call.markResponseReceived();
  if (failure === null) return;
  call.outcome = {
    type: failure.type,
    retryAfterMs: attempts.at(-1)?.retryAfterMs ?? null,
    isModelFailure: isModelFailure(call, failure, attempts),
  };
}

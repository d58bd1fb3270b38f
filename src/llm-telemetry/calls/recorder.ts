import type { Exchange, ExchangeListener, ExchangeObserver } from '../wire/exchanges/exchange.js';
import { DEFAULT_ERROR_STATUSES, type FinishReason } from '../wire/finish-reason.js';
import { guard, reportFault } from '../wire/guard.js';
import { tapGlobalFetch } from '../wire/transports/global-fetch.js';
import type { Admission, Reservation } from './admission.js';
import { Call, type CallOwner } from './call.js';
import { boundedCallName, type CallName } from './call-name.js';
import { replaceStopSequences, type ContentCapture } from './content.js';
import type { Pricer } from './cost.js';
import { isAnswered, isModelFailure } from './failure-of-call.js';
import { recordOfCall } from './record-of-call.js';
import type { CallRecord } from './record.js';
import type { RecordSink } from './record-sink.js';
import { Sweeper } from './sweeper.js';
import type { CallTracer } from './tracer.js';

/** The feature of requests to a model that are made outside of any annotated call. */
export const UNATTRIBUTED = 'unattributed';

const NOBODY = Object.freeze({});

/**
 * One application's recorder: starts its calls, takes the requests made inside them, and hands the record of each call
 * that has ended to the sinks.
 */
export class CallRecorder implements ExchangeObserver, CallOwner {
  private readonly sweeper = new Sweeper();

  constructor(
    readonly tracer: CallTracer,
    private readonly pricer: Pricer,
    private readonly sinks: readonly RecordSink[],
    private readonly content: ContentCapture | null,
    /** Told of calls that end without any attempt: perhaps their client was built past the tap. */
    private readonly onNoAttempt: (name: CallName) => void,
    private readonly includeStreamUsage = false,
    /** `null`: there are no budgets. */
    private readonly admission: Admission | null = null,
    private readonly errorStatuses: ReadonlySet<FinishReason> = new Set(DEFAULT_ERROR_STATUSES),
  ) {}

  /** Starts a call; `null` where that failed, and the method is to run as if it were not annotated. */
  start(name: CallName, run = 0): Call | null {
    tapGlobalFetch();
    const call = guard('starting a call', () => new Call(this, boundedCallName(name), run));
    call?.request?.callStarted();
    return call ?? null;
  }

  /** Why the method of a call that has started may not run; `null`: it may. */
  refusalOf(call: Call): Error | null {
    const { admission } = this;
    if (admission === null) return null;
    const identity = call.request?.identity ?? NOBODY;
    const around = reservationAround(call);
    const verdict = guard('asking a budget', () => admission.admit(call.name, identity, around));
    if (verdict === undefined || verdict === 'within') return null;
    if (typeof verdict === 'object' && 'release' in verdict) {
      call.reservation = verdict;
      call.budgetExceeded = verdict.exceeded;
      return null;
    }
    call.budgetExceeded = true;
    return verdict === 'exceeded' ? null : verdict;
  }

  /** A request outside of any call. */
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
      const refusal = guard('asking a budget', () => reservation.request(exchange));
      if (refusal) return call.refuse(refusal);
      call.refusal = null;
    }
    return this.attempt(call, exchange);
  }

  waits(call: Call): void {
    this.sweeper.add(call);
  }

  ended(call: Call): void {
    this.sweeper.delete(call);
    this.handOn(call);
    const { reservation } = call;
    if (reservation === null) return;
    call.reservation = null;
    guard('releasing a reservation', () => reservation.release());
  }

  /** Ends the calls whose methods have returned and whose responses are not read to their end. */
  flush(): void {
    this.sweeper.flush();
    for (const sink of this.sinks) guard('flushing', () => sink.flush?.());
  }

  /** The application stops: nothing waits any longer. */
  close(): void {
    this.flush();
    for (const sink of this.sinks) guard('closing', () => sink.close?.());
    guard('closing the prices', () => this.pricer.close?.());
  }

  /** Makes the record of a call that has ended, and gives it to the sinks. */
  private handOn(call: Call): void {
    const record = guard('making a record', () =>
      recordOfCall(call, this.pricer, this.content, this.errorStatuses),
    );
    if (record) guard('recording an outcome', () => setOutcome(call, record));
    call.release();
    guard('adding up a request', () => call.request?.callEnded(record));
    if (!record) return;
    const { failure } = record;
    guard('ending a span', () => call.trace.end(record));
    for (const sink of this.sinks) {
      try {
        sink.record(record, call.trace);
      } catch (error) {
        reportFault('handing on a record', error);
      }
    }
    if (!call.requestSeen && failure === null) guard('saying so', () => this.onNoAttempt(call.name));
  }

  private attempt(call: Call, exchange: Exchange): ExchangeListener {
    exchange.includeStreamUsage = this.includeStreamUsage;
    const { content } = this;
    if (content) guard('reading content', () => content.begin(exchange));
    else replaceStopSequences(exchange, () => undefined);
    return call.attempt(exchange);
  }

  /** A call of its own for one request. */
  private startOrphan(name: CallName, exchange: Exchange): ExchangeListener | null {
    const call = this.start(name);
    if (!call) return null;
    const listener = this.attempt(call, exchange);
    call.settle('stream');
    return listener;
  }
}

/** The reservation of the innermost call around `call` that has any. */
function reservationAround(call: Call): Reservation | null {
  let outer = call.parent;
  while (outer && outer.reservation === null) outer = outer.parent;
  return outer?.reservation ?? null;
}

/** What the errors of a call, and the calls around it, have to know of it. */
function setOutcome(call: Call, { failure, attempts }: CallRecord): void {
  if (attempts.some(isAnswered)) call.markAnswered();
  if (failure === null) return;
  call.outcome = {
    type: failure.type,
    retryAfterMs: attempts.at(-1)?.retryAfterMs ?? null,
    isModelFailure: isModelFailure(call, failure, attempts),
  };
}

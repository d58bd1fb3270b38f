import type { Exchange, ExchangeListener, ExchangeObserver } from '../wire/exchanges/exchange.js';
import type { HostProviders } from '../wire/dialects/host-providers.js';
import { DEFAULT_ERROR_STATUSES, type FinishReason } from '../wire/finish-reason.js';
import { guard, reportFault } from '../wire/guard.js';
import { observeOutsideOfCalls, startCall, type Call, type CallServices } from './call.js';
import { UNATTRIBUTED, type CallName } from './call-name.js';
import type { BatchMemory } from './batches/batch-memory.js';
import { BatchRecorder } from './batches/batch-recorder.js';
import type { BatchSummary } from './batches/batch-summary.js';
import type { BatchObserver } from '../wire/batches/batch-observer.js';
import type { ContentCapture } from './content.js';
import type { Pricer } from './cost.js';
import { isModelFailure, isSuccessful } from './failure-of-call.js';
import { billedUsageOf, recordOfCall } from './record-of-call.js';
import type { CallRecord } from './record.js';
import { Sweeper } from './sweeper.js';
import type { Admission, BilledUsage, CallTrace, CallTracer, RecordSink } from './ports.js';

/** Recorder of one application: starts its calls, and passes the records of ended calls to the sinks. */
export class CallRecorder implements ExchangeObserver, CallServices {
  readonly sweeper = new Sweeper();
  readonly batchRecorder: BatchRecorder;
  /** Observes batches outside of calls. */
  readonly batches: BatchObserver;
  isClosed = false;

  constructor(
    readonly tracer: CallTracer,
    private readonly pricer: Pricer,
    private readonly sinks: readonly RecordSink[],
    readonly content: ContentCapture | null,
    /** Called when a call ends without an attempt: its client may not be captured. */
    private readonly onNoAttempt: (name: CallName) => void,
    readonly includeStreamUsage = false,
    readonly admission: Admission | null = null,
    private readonly errorStatuses: ReadonlySet<FinishReason> = new Set(DEFAULT_ERROR_STATUSES),
    readonly hosts?: HostProviders,
    batchMemory: BatchMemory | null = null,
  ) {
    this.batchRecorder = new BatchRecorder(
      pricer,
      errorStatuses,
      {
        record: (record, replacesSum) => this.recordItem(record, replacesSum),
        recorded: (summary) => this.batchRecorded(summary),
      },
      batchMemory,
    );
    this.batches = this.observeBatches(null, () => undefined);
  }

  observeBatches(reader: CallName | null, onTraffic: () => void): BatchObserver {
    return this.batchRecorder.observer(reader, onTraffic);
  }

  /** Starts a call. Returns `null` if that failed or the application is closed; the method then runs without telemetry. */
  start(name: CallName, retryIndex = 0): Call | null {
    return startCall(this, name, retryIndex);
  }

  /** Starts a call for a request outside of calls. */
  begin(exchange: Exchange): ExchangeListener | null {
    return observeOutsideOfCalls(
      this,
      { feature: UNATTRIBUTED, operation: exchange.request.format.operation },
      exchange,
    );
  }

  billedUsage(exchange: Exchange, startedAt: number): BilledUsage | null {
    return billedUsageOf(exchange, this.pricer, startedAt);
  }

  record(call: Call): void {
    const record = guard('creating a record', () =>
      recordOfCall(call, this.pricer, this.content, this.errorStatuses),
    );
    if (record) guard('recording an outcome', () => setOutcome(call, record));
    guard('adding the totals of a request', () => call.request?.callEnded(record));
    if (!record) return;
    guard('ending a span', () => call.trace.end(record));
    // Creating a batch is no model call. Its items are recorded when their results are read.
    if (call.usesBatches && record.attempts.length === 0 && record.failure === null) return;
    for (const sink of this.sinks) {
      try {
        sink.record(record, call.trace);
      } catch (error) {
        reportFault('passing a record to a sink', error);
      }
    }
    if (!call.requestSeen && record.failure === null)
      guard('logging a warning', () => this.onNoAttempt(call.name));
  }

  private recordItem(record: CallRecord, replacesSum: boolean): void {
    for (const sink of this.sinks)
      guard('passing a record to a sink', () =>
        replacesSum ? sink.replace?.(record) : sink.record(record, NO_TRACE),
      );
  }

  private batchRecorded(summary: BatchSummary): void {
    for (const sink of this.sinks) guard('passing a batch to a sink', () => sink.batchRecorded?.(summary));
  }

  /** Ends the calls whose method has returned but whose responses are not read to the end, and flushes the sinks. */
  flush(): void {
    this.sweeper.flush();
    for (const sink of this.sinks) guard('flushing a sink', () => sink.flush?.());
  }

  /** Flushes and closes the sinks. Called when the application stops. Calls that are running are recorded when they end. */
  close(): void {
    this.isClosed = true;
    this.flush();
    for (const sink of this.sinks) guard('closing a sink', () => sink.close?.());
    guard('closing the pricer', () => this.pricer.close?.());
  }
}

/** Items of a batch have no spans: their requests were sent by the provider. */
const NO_TRACE: CallTrace = {
  ids: null,
  run: (work) => work(),
  attempt: () => ({ run: (work) => work() }),
  wantsUsage: () => false,
  recordUsage: () => undefined,
  requestRead: () => undefined,
  end: () => undefined,
};

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

import {
  context,
  INVALID_TRACEID,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanStatus,
  type Tracer,
} from '@opentelemetry/api';
import { ERROR_DESCRIPTIONS } from '../../calls/error-type.js';
import type { AttemptRecord, CallRecord, Failure } from '../../calls/record.js';
import type { BilledUsage, CallTrace, CallTracer, TracedCall } from '../../calls/ports.js';
import type { Exchange, ModelRequest } from '../../wire/exchanges/exchange.js';
import type { FinishReason } from '../../wire/finish-reason.js';
import type { AsyncContext } from '../../wire/guard.js';
import type { Semconv } from '../attributes.js';
import { DerivedSpans, ObservedContext } from './observed-context.js';
import { INACTIVE_OPERATIONS } from './operation-names.js';
import { operationOf, type OperationSpan, type ReadableSpan } from './operation-span.js';
import {
  attemptStartAttributes,
  callStartAttributes,
  setAttemptAttributes,
  setCallAttributes,
} from './span-attributes.js';

/**
 * Creates a span `llm.<operation>` per call and a child span `chat <model>` per attempt. Spans start with the work, so that
 * inner spans are their children, and get their attributes from the record.
 */
export class SpanSink implements CallTracer {
  constructor(
    private readonly tracer: Tracer,
    private readonly errorStatuses: ReadonlySet<FinishReason>,
    private readonly semconv: Semconv,
  ) {}

  start(call: TracedCall): CallTrace {
    return new SpanTrace(this.tracer, this.errorStatuses, this.semconv, call);
  }
}

/** Returns the context of a call's work. */
export function contextOf(trace: CallTrace): Context | undefined {
  return trace instanceof SpanTrace ? trace.context : undefined;
}

interface AttemptSpan {
  readonly span: Span;
  /** Span of another library that stands for the same operation of the provider. */
  readonly operation: OperationSpan | null;
}

class ContextScope implements AsyncContext {
  constructor(private readonly context: Context) {}

  run(work: () => void): void {
    context.with(this.context, work);
  }
}

class SpanTrace implements CallTrace {
  readonly ids: CallTrace['ids'];
  readonly context: Context;
  private readonly span: Span;
  private readonly attempts: AttemptSpan[] = [];
  private readonly derived: DerivedSpans;

  constructor(
    private readonly tracer: Tracer,
    private readonly errorStatuses: ReadonlySet<FinishReason>,
    private readonly semconv: Semconv,
    private readonly call: TracedCall,
  ) {
    const parent = context.active();
    this.span = tracer.startSpan(
      `llm.${call.name.operation}`,
      {
        kind: SpanKind.INTERNAL,
        startTime: call.startedAtUnix,
        attributes: callStartAttributes(call),
      },
      parent,
    );
    const { traceId, spanId } = this.span.spanContext();
    this.ids = traceId === INVALID_TRACEID ? null : { traceId, spanId };
    this.derived = new DerivedSpans((this.span as ReadableSpan).resource);
    this.context = new ObservedContext(trace.setSpan(plain(parent), this.span), this.derived);
  }

  run(work: () => void): void {
    context.with(this.context, work);
  }

  attempt(index: number, { request, startedAt }: Exchange): AsyncContext {
    const active = context.active();
    // Without a context manager nothing is active, but the context of the call has the parent.
    const parent = trace.getSpan(active) ? active : this.context;
    const span = this.tracer.startSpan(
      spanName(request.format.operation, request.parameters.model),
      {
        kind: SpanKind.CLIENT,
        startTime: this.call.startedAtUnix + (startedAt - this.call.startedAt),
        attributes: startAttributesOf(request),
      },
      parent,
    );
    this.attempts[index] = { span, operation: this.operationOf(index, request, parent) };
    return new ContextScope(trace.setSpan(plain(parent), span));
  }

  wantsUsage(index: number): boolean {
    return this.attempts[index]?.operation?.isOpen === true;
  }

  recordUsage(index: number, billed: BilledUsage): void {
    this.attempts[index]?.operation?.add(billed, this.semconv);
  }

  requestRead(index: number, { request }: Exchange): void {
    const span = this.attempts[index]?.span;
    span?.updateName(spanName(request.format.operation, request.parameters.model));
    span?.setAttributes(startAttributesOf(request));
  }

  end(record: CallRecord): void {
    for (const attempt of record.attempts) this.endAttempt(record, attempt);
    const { span } = this;
    const endedAt = record.startedAt + record.durationMs;
    if (span.isRecording()) {
      setCallAttributes(span, record);
      setOutcome(span, record.finishReason, record.failure, this.errorStatuses, endedAt);
    }
    span.end(endedAt);
    this.derived.end();
  }

  /** Returns the operation of another library that a request belongs to. `context`: in which the request is sent. */
  private operationOf(
    index: number,
    { format, parameters }: ModelRequest,
    context: Context,
  ): OperationSpan | null {
    if (this.ids === null) return null;
    const { derived } = this;
    // The context of the call itself is the usual case: no library started a span.
    let found = context === this.context ? null : activeOperation(context, derived.resource);
    if (found === null && INACTIVE_OPERATIONS.has(format.operation)) {
      const before = this.attempts[index - 1]?.operation ?? null;
      found = derived.inactiveOperation(format.operation, parameters.model, before);
    }
    if (found !== null) found.isClaimed = true;
    return found;
  }

  private endAttempt(record: CallRecord, attempt: AttemptRecord): void {
    const { span, operation } = this.attempts[attempt.attempt] ?? this.startRecorded(attempt);
    const endedAt = attempt.startedAt + attempt.durationMs;
    if (span.isRecording()) {
      setAttemptAttributes(span, record, attempt, operation?.hasUsage !== true, this.semconv);
      setOutcome(span, attempt.finishReason, attempt.failure, this.errorStatuses, endedAt);
    }
    span.end(endedAt);
  }

  /** Starts the span of a response that was recorded manually, after it ended. */
  private startRecorded(attempt: AttemptRecord): AttemptSpan {
    const span = this.tracer.startSpan(
      spanName(attempt.operation, attempt.requestModel),
      {
        kind: SpanKind.CLIENT,
        startTime: attempt.startedAt,
        attributes: attemptStartAttributes(attempt),
      },
      this.context,
    );
    return { span, operation: null };
  }
}

function startAttributesOf({ format, provider, host, port, parameters }: ModelRequest): Attributes {
  return attemptStartAttributes({
    operation: format.operation,
    provider,
    server: host === null ? null : { address: host, port },
    parameters,
  });
}

function spanName(operation: string, model: string | null): string {
  return model === null ? operation : `${operation} ${model}`;
}

function setOutcome(
  span: Span,
  finish: FinishReason | null,
  failure: Failure | null,
  errorStatuses: ReadonlySet<FinishReason>,
  at: number,
): void {
  const status = spanStatus(finish, failure, errorStatuses);
  if (status) span.setStatus(status);
  // Not `recordException`, because message and stack of an error can quote the prompt.
  if (failure) {
    span.addEvent(
      'exception',
      { 'exception.type': failure.errorClass, 'exception.message': ERROR_DESCRIPTIONS[failure.type] },
      at,
    );
  }
}

/** Returns the operation of the active span or, if that is known, of one of its ancestors. */
function activeOperation(active: Context, resource: object | undefined): OperationSpan | null {
  if (active instanceof ObservedContext) return active.operation();
  const span = trace.getSpan(active);
  return span === undefined ? null : operationOf(span, resource);
}

/** Returns a context without observation. */
function plain(context: Context): Context {
  return context instanceof ObservedContext ? context.plain : context;
}

/**
 * Returns the status of a span; `null` leaves it UNSET, because the application aborted or never read the response. Provider
 * texts are not used as descriptions, because they can quote the prompt.
 */
export function spanStatus(
  finish: FinishReason | null,
  failure: Failure | null,
  errorStatuses: ReadonlySet<FinishReason>,
): SpanStatus | null {
  if (finish !== null && errorStatuses.has(finish)) {
    return {
      code: SpanStatusCode.ERROR,
      message: FINISH_DESCRIPTIONS.get(finish) ?? `Response ended with ${finish}`,
    };
  }
  if (failure !== null && failure.type !== 'aborted') {
    return { code: SpanStatusCode.ERROR, message: ERROR_DESCRIPTIONS[failure.type] };
  }
  if (failure?.type === 'aborted' || finish === 'cancelled' || finish === 'unread') return null;
  return { code: SpanStatusCode.OK };
}

const FINISH_DESCRIPTIONS: ReadonlyMap<FinishReason, string> = new Map([
  ['length', ERROR_DESCRIPTIONS.truncated],
  ['context_window', ERROR_DESCRIPTIONS.truncated],
  ['content_filter', ERROR_DESCRIPTIONS.content_filter],
  ['error', 'Response failed at the provider'],
]);

import type { Exchange, ExchangeListener, ExchangeObserver } from '../wire/exchanges/exchange.js';
import type { BatchObserver } from '../wire/batches/batch-observer.js';
import type { HostProviders } from '../wire/dialects/host-providers.js';
import { sharedWire, type WireContext } from '../wire/exchanges/shared-wire.js';
import { guard, runGuarded } from '../wire/guard.js';
import { tapGlobalFetch } from '../wire/transports/global-fetch.js';
import { failedOrNull, RecordedAttempt, RequestAttempt, type Attempt } from './attempt.js';
import { addAttributes } from './attributes.js';
import { boundedCallName, type CallName } from './call-name.js';
import type { CurrentLlmCall } from './current-call.js';
import { replaceStopSequences, type ContentCapture } from './content.js';
import { ERROR_DESCRIPTIONS, errorClassOf, type LlmErrorType } from './error-type.js';
import { failureOf, type CallOutcome } from './failure-of-error.js';
import type { Attributes, AttributeValue, Failure } from './record.js';
import { readRecordedResponse, type RecordedResponse } from './recorded-response.js';
import type { RequestScope } from './request-scope.js';
import { mayFollow, type SettledAs, type Settlement } from './settlement.js';
import type { Sweeper } from './sweeper.js';
import type { Admission, BilledUsage, CallTrace, CallTracer, Reservation } from './ports.js';

/** Context of application code, propagated by `AsyncLocalStorage`. */
export interface CallContext extends WireContext {
  /** The innermost annotated call. */
  readonly call?: Call;
  /** The incoming request, if there is one. */
  readonly request?: RequestScope;
}

/** Returns the context of the running code, or `undefined`. */
export function currentContext(): CallContext | undefined {
  return sharedWire.contexts.getStore();
}

/** Runs a function in a context and returns its result. */
export function runInContext<T>(context: CallContext, run: () => T): T {
  return sharedWire.contexts.run(context, run);
}

/** What the calls of one application share. */
export interface CallServices {
  readonly tracer: CallTracer;
  /** `null` without budgets. */
  readonly admission: Admission | null;
  /** `null` unless content recording is enabled. */
  readonly content: ContentCapture | null;
  readonly includeStreamUsage: boolean;
  /** Providers of hosts, as named by the application. */
  readonly hosts?: HostProviders | undefined;
  readonly sweeper: Sweeper;
  /**
   * Returns the observer of the batches that a call creates and reads.
   *
   * @param reader - the call; `null` outside of calls
   * @param onTraffic - called when it creates, polls or reads a batch
   */
  observeBatches(reader: CallName | null, onTraffic: () => void): BatchObserver;
  /** The application has been closed: no call starts. */
  readonly isClosed: boolean;
  /** Returns the usage of an ended request and its cost; `null` if nothing can have been billed. */
  billedUsage(exchange: Exchange, startedAt: number): BilledUsage | null;
  /** Creates the record of an ended call and passes it to the sinks. */
  record(call: Call): void;
}

/** Starts a call. Returns `null` if that failed or the application is closed; the method then runs without telemetry. */
export function startCall(
  services: CallServices,
  name: CallName,
  retryIndex: number,
  startedAt?: number,
): Call | null {
  if (services.isClosed) return null;
  tapGlobalFetch();
  const call = guard(
    'starting a call',
    () => new Call(services, boundedCallName(name), retryIndex, startedAt),
  );
  call?.request?.callStarted();
  return call ?? null;
}

/** Starts a separate call for a request outside of calls, or after the end of its call. */
export function observeOutsideOfCalls(
  services: CallServices,
  name: CallName,
  exchange: Exchange,
): ExchangeListener | null {
  const call = startCall(services, name, 0, exchange.startedAt);
  if (!call) return null;
  const listener = call.attempt(exchange);
  call.settle('stream');
  return listener;
}

/**
 * One execution of an annotated method, from its start until the method has settled and each response body has been
 * read, cancelled or abandoned. Then it is recorded, once.
 */
export class Call implements CurrentLlmCall, ExchangeObserver {
  /** `performance.now()`. */
  readonly startedAt: number;
  /** Unix milliseconds of `startedAt`. All other times of the call are relative to this pair. */
  readonly startedAtUnix: number;
  attempts: Attempt[] = [];
  readonly trace: CallTrace;
  readonly request: RequestScope | undefined;
  /** The enclosing call. */
  readonly parent: Call | undefined;
  readonly attributes: Record<string, AttributeValue> = {};
  /** From the error that the method threw, or from `recordError`. */
  failure: Failure | null = null;
  /** The error of `failure`. Released with the attempts. */
  error: unknown = undefined;
  /** The application passed the error type to `recordError`. */
  hasExplicitType = false;
  /** A nested call received a response of a model. */
  hasNestedResponse = false;
  settled: Settlement | null = null;
  ended = false;
  /** A request was observed, or a response recorded, in this call or in a nested one. */
  requestSeen = false;
  /** A batch was created, polled or read in this call. */
  usesBatches = false;
  /** The call started, or was refused, while a budget was used up. */
  budgetExceeded = false;
  /** Set if a budget refused the first request. It replaces every error that the method throws. */
  refusal: Error | null = null;
  /** How the call failed; set with its record. */
  outcome: CallOutcome | null = null;
  /** Held until the call ends. */
  private reservation: Reservation | null = null;
  /** Number of requests that have not ended. */
  private open = 0;
  /** `performance.now()` of the last step of the method's lazy result. */
  private touchedAt = 0;
  private readonly context: CallContext;

  constructor(
    private readonly services: CallServices,
    readonly name: CallName,
    /** Repetition by the decorator's `retry`, from 0. */
    readonly retryIndex: number,
    /** `performance.now()` of the request that starts the call. @defaultValue now */
    startedAt?: number,
  ) {
    const now = performance.now();
    this.startedAt = startedAt ?? now;
    this.startedAtUnix = Date.now() - Math.round(now - this.startedAt);
    const current = currentContext();
    this.parent = current?.call?.ended ? undefined : current?.call;
    this.request = current?.request;
    this.context = { observer: this, call: this, request: this.request };
    this.trace = services.tracer.start(this);
  }

  /** Reserves a part of the budgets. Returns the error if they refuse the call, else `null`. */
  admit(): Error | null {
    const { admission } = this.services;
    if (admission === null) return null;
    const identity = this.request?.identity ?? ANONYMOUS;
    const verdict = guard('checking a budget', () =>
      admission.admit(this.name, identity, this.enclosingReservation()),
    );
    if (verdict === undefined || verdict === 'within') return null;
    if (typeof verdict === 'object' && 'release' in verdict) {
      this.reservation = verdict;
      this.budgetExceeded = verdict.exceeded;
      return null;
    }
    this.budgetExceeded = true;
    return verdict === 'exceeded' ? null : verdict;
  }

  /** Runs the method, or a step of its result, in the call's context. Errors pass through. */
  run<T>(work: () => T): T {
    return runGuarded('entering the context of a call', this.trace, () => runInContext(this.context, work));
  }

  /** Registers a step of the method's lazy result as activity. */
  touch(): void {
    this.touchedAt = performance.now();
  }

  /** A budget has refused the first request, or can still refuse it. */
  get mayBeRefused(): boolean {
    return this.refusal !== null || this.reservation?.pending === true;
  }

  /** Providers of hosts, as named by the application. */
  get hosts(): HostProviders | undefined {
    return this.services.hosts;
  }

  /** Observes batches that the call creates and reads. */
  get batches(): BatchObserver {
    return this.services.observeBatches(this.name, () => {
      this.usesBatches = true;
      this.markRequestSeen();
    });
  }

  /** A request of this call has not ended. */
  get hasOpenAttempt(): boolean {
    return this.open > 0;
  }

  /** All requests of this call have ended, so its result has nothing left to read. */
  get hasEndedAttempts(): boolean {
    return this.open === 0 && this.attempts.length > 0;
  }

  /** Observes a request that starts in the context of this call, possibly after its end. */
  begin(exchange: Exchange): ExchangeListener | null {
    if (this.ended) return observeOutsideOfCalls(this.services, this.name, exchange);
    const { reservation } = this;
    if (reservation !== null && !exchange.isAborted) {
      const refusal = guard('checking a budget', () => reservation.request(exchange));
      if (refusal && exchange.isRefusable) return this.refuse(refusal);
      if (refusal) this.budgetExceeded = true;
      else this.refusal = null;
    }
    return this.attempt(exchange);
  }

  /** Adds a request as the next attempt of this call. */
  attempt(exchange: Exchange): ExchangeListener {
    const { content, includeStreamUsage } = this.services;
    exchange.includeStreamUsage = includeStreamUsage;
    if (content) guard('reading content', () => content.begin(exchange));
    else replaceStopSequences(exchange, omit);
    const index = this.attempts.length;
    const failedBefore = failedOrNull(this.attempts[index - 1]?.exchange ?? null);
    const context = guard('starting a span', () => this.trace.attempt(index, exchange));
    if (this.trace.wantsUsage(index)) exchange.onComplete = () => this.recordUsage(index, exchange);
    const attempt = new RequestAttempt(index, exchange, failedBefore, context, this);
    this.attempts.push(attempt);
    this.markRequestSeen();
    this.open++;
    return attempt;
  }

  /** Called when the body of a request was read after the request began. */
  requestRead(index: number, exchange: Exchange): void {
    const { content } = this.services;
    guard('reading content', () => replaceStopSequences(exchange, content ? content.redactStops : omit));
    guard('updating a span', () => this.trace.requestRead(index, exchange));
  }

  /** Called when a request of this call has ended. */
  attemptEnded(): void {
    this.open--;
    if (this.settled) this.endIfDone();
  }

  setAttributes(attributes: Attributes): void {
    if (this.ended) return;
    guard('setting attributes', () => addAttributes(this.attributes, attributes));
  }

  recordResponse(response: RecordedResponse): void {
    if (this.ended) return;
    const recorded = guard('recording a response', () => readRecordedResponse(response));
    if (!recorded) return;
    const before = this.attempts.at(-1);
    const startedAt = before?.recorded ? before.lastActivityAt : this.startedAt;
    this.attempts.push(new RecordedAttempt(this.attempts.length, recorded, startedAt, performance.now()));
    this.markRequestSeen();
  }

  recordError(error: unknown, type?: LlmErrorType): void {
    if (this.ended) return;
    guard('recording an error', () => {
      const known = type !== undefined && Object.hasOwn(ERROR_DESCRIPTIONS, type);
      this.failure = { type: known ? type : failureOf(error).type, errorClass: errorClassOf(error) };
      this.error = error;
      this.hasExplicitType = known;
    });
  }

  /** Called when the method threw. */
  fail(error: unknown): void {
    if (this.ended || this.settled?.as === 'value') return;
    // Keeps the type that the application has recorded for the same error.
    if (!(this.hasExplicitType && this.error === error)) this.recordError(error);
    this.settle('value');
  }

  /**
   * Called when the method has settled, `at` (`performance.now()`). A lazy promise settles again with the kind of its
   * value, and a lazy stream when its work ends.
   */
  settle(as: SettledAs, at = performance.now()): void {
    if (this.ended || (this.settled && !mayFollow(this.settled.as, as))) return;
    this.settled = { as, at };
    this.endIfDone();
    if (!this.ended) this.services.sweeper.add(this);
  }

  /** Ends abandoned responses. `now` is `performance.now()`; `Infinity` ends all open responses. */
  sweep(now: number): void {
    if (this.ended || !this.settled) return;
    const { as, at } = this.settled;
    for (const { exchange } of this.attempts) {
      if (exchange === null || exchange.ending !== null) continue;
      if (exchange.respondedAt === null && now !== Infinity) continue;
      if (exchange.isAborted) {
        exchange.end('aborted');
        continue;
      }
      const idle = now - Math.max(at, exchange.lastActivityAt);
      const timeoutMs = exchange.touched || as !== 'value' ? IDLE_MS : UNREAD_GRACE_MS;
      if (idle >= timeoutMs) exchange.end(exchange.touched ? 'left' : 'unread');
    }
    if (this.ended || this.open > 0) return;
    const timeoutMs = this.lastAttemptFinished() && this.settled.as !== 'lazy' ? UNREAD_GRACE_MS : IDLE_MS;
    if (now - this.lastActivityAt() >= timeoutMs) this.end();
  }

  /** Returns whether this call is nested in `outer`. */
  isWithin(outer: object): boolean {
    for (let call = this.parent; call; call = call.parent) if (call === outer) return true;
    return false;
  }

  /** Marks the enclosing calls, whose errors can be caused by this call's response. */
  markResponseReceived(): void {
    for (let call = this.parent; call; call = call.parent) call.hasNestedResponse = true;
  }

  /** Returns `performance.now()` of the last activity. */
  lastActivityAt(): number {
    let last = Math.max(this.settled?.at ?? this.startedAt, this.touchedAt);
    for (const { lastActivityAt } of this.attempts) last = Math.max(last, lastActivityAt);
    return last;
  }

  /** Refuses the first request: it gets a synthetic response, is not sent and does not count as an attempt. */
  private refuse(error: Error): ExchangeListener {
    this.refusal ??= error;
    this.budgetExceeded = true;
    this.markRequestSeen();
    return { refusal: error.message, run: (send) => send(), ended: () => undefined };
  }

  /** Returns the reservation of the nearest enclosing call that has one. */
  private enclosingReservation(): Reservation | null {
    let outer = this.parent;
    while (outer && outer.reservation === null) outer = outer.parent;
    return outer?.reservation ?? null;
  }

  private recordUsage(index: number, exchange: Exchange): void {
    const startedAt = this.startedAtUnix + (exchange.startedAt - this.startedAt);
    const billed = this.services.billedUsage(exchange, startedAt);
    if (billed !== null) this.trace.recordUsage(index, billed);
  }

  private markRequestSeen(): void {
    this.requestSeen = true;
    this.parent?.markRequestSeen();
  }

  private endIfDone(): void {
    if (this.ended || !this.settled || this.open > 0) return;
    const { as } = this.settled;
    // After a failed attempt of a lazy promise, the SDK can send another: `then` or the sweeper ends the call.
    if (as === 'value' || (as === 'stream' && this.attempts.length > 0)) this.end();
  }

  private end(): void {
    this.ended = true;
    const { services, reservation } = this;
    services.sweeper.delete(this);
    services.record(this);
    // A context can outlive its call.
    this.attempts = [];
    this.error = undefined;
    if (reservation === null) return;
    this.reservation = null;
    guard('releasing a reservation', () => reservation.release());
  }

  private lastAttemptFinished(): boolean {
    const last = this.attempts.at(-1);
    return last !== undefined && (last.exchange === null || last.exchange.ending === 'finished');
  }
}

const omit = (): undefined => undefined;

const ANONYMOUS = Object.freeze({});

/** Grace period for a response that is unread when its method returns. */
const UNREAD_GRACE_MS = 300;

/** Idle timeout of a response that is partly read when its method returns. */
const IDLE_MS = 30_000;

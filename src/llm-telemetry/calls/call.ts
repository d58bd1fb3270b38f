import { boundedName, MAX_NAMES } from '../text/bounded-name.js';
import type { Exchange, ExchangeListener, ExchangeObserver } from '../wire/exchanges/exchange.js';
import { sharedWire, type WireContext } from '../wire/exchanges/shared-wire.js';
import { guard, inside, type Surrounding } from '../wire/guard.js';
import type { Reservation } from './admission.js';
import type { CallName } from './call-name.js';
import { isRetryOf, type Attempt } from './attempt.js';
import { ERROR_DESCRIPTIONS, errorClassOf, type LlmErrorType } from './error-type.js';
import { failureOf, rememberRequestError, type CallOutcome } from './failure-of-error.js';
import type { Attributes, AttributeValue, Failure } from './record.js';
import { readRecordedResponse, type RecordedResponse } from './recorded-response.js';
import type { RequestScope } from './request-scope.js';
import type { CallTrace, CallTracer } from './tracer.js';

/**
 * The current call, for the code inside it. No method throws.
 *
 * @publicApi
 */
export interface CurrentLlmCall {
  /**
   * Adds attributes to the call's span and record. `undefined` values are omitted. After the end of the call, all are
   * ignored. Names and texts are cut to 200 characters; a call has at most 128 attributes, and a list 128 items.
   */
  setAttributes(attributes: Attributes): void;
  /** Records the response of a model that is not called over HTTP. */
  recordResponse(response: RecordedResponse): void;
  /** Marks the call as failed although the method does not throw. `type` defaults to the type of `error`. */
  recordError(error: unknown, type?: LlmErrorType): void;
}

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

/**
 * Result of the annotated method. `value`: nothing more will be read. `stream`: a response whose body can still be read.
 * `thenable`: a lazy promise (the SDKs' `APIPromise`) that has not been awaited. `lazy`: a stream or an iterable that
 * does its work while it is consumed.
 */
export type SettledAs = 'value' | 'stream' | 'thenable' | 'lazy';

interface Settlement {
  as: SettledAs;
  /** `performance.now()`. */
  readonly at: number;
}

/** Receives the events of an application's calls. */
export interface CallOwner {
  readonly tracer: CallTracer;
  /** The method has settled, but responses can still be read. */
  settled(call: Call): void;
  /** The call has ended. Called once. */
  ended(call: Call): void;
  /** A request starts in the context of `call`, possibly after its end. */
  observe(call: Call, exchange: Exchange): ExchangeListener | null;
}

/**
 * One execution of an annotated method, from its start until the method has settled and each response body has been
 * read, cancelled or abandoned.
 */
export class Call implements CurrentLlmCall, ExchangeObserver {
  readonly startedAt = performance.now();
  /** Unix milliseconds of `startedAt`. All other times of the call are relative to this pair. */
  readonly startedAtUnix = Date.now();
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
  /** The call started, or was refused, while a budget was used up. */
  budgetExceeded = false;
  /** Held until the call ends. */
  reservation: Reservation | null = null;
  /** Set if a budget refused the first request. It replaces every error that the method throws. */
  refusal: Error | null = null;
  /** How the call failed; set with its record. */
  outcome: CallOutcome | null = null;
  /** Number of requests that have not ended. */
  private open = 0;
  private attributeCount = 0;
  /** `performance.now()` of the last step of the method's lazy result. */
  private touchedAt = 0;
  private readonly context: CallContext;

  constructor(
    private readonly owner: CallOwner,
    readonly name: CallName,
    /** Repetition by the decorator's `retry`, from 0. */
    readonly run: number,
  ) {
    const surrounding = currentContext();
    this.parent = surrounding?.call?.ended ? undefined : surrounding?.call;
    this.request = surrounding?.request;
    this.context = { observer: this, call: this, request: this.request };
    this.trace = owner.tracer.start(this);
  }

  /** Runs the method, or a step of its result, in the call's context. Errors pass through. */
  within<T>(work: () => T): T {
    return inside('entering the context of a call', this.trace, () => runInContext(this.context, work));
  }

  /** Registers a step of the method's lazy result as activity. */
  touch(): void {
    this.touchedAt = performance.now();
  }

  /** A budget has refused the first request, or can still refuse it. */
  get mayBeRefused(): boolean {
    return this.refusal !== null || this.reservation?.pending === true;
  }

  /** A request of this call has not ended. */
  get hasOpenAttempt(): boolean {
    return this.open > 0;
  }

  begin(exchange: Exchange): ExchangeListener | null {
    return this.owner.observe(this, exchange);
  }

  /** Adds a request as the next attempt of this call. */
  attempt(exchange: Exchange): ExchangeListener {
    const before = this.attempts.at(-1)?.source;
    const attempt: Attempt = {
      index: this.attempts.length,
      isRetry: isRetryOf(exchange, before && 'exchange' in before ? before.exchange : null),
      startedAt: exchange.startedAt,
      source: { exchange },
    };
    this.attempts.push(attempt);
    this.markRequestSeen();
    this.open++;
    const surrounding = guard('starting a span', () => this.trace.attempt(attempt.index, exchange));
    return new AttemptListener(this, surrounding ?? CURRENT_CONTEXT);
  }

  /** Refuses the first request: it gets a synthetic response, is not sent and does not count as an attempt. */
  refuse(error: Error): ExchangeListener {
    this.refusal ??= error;
    this.budgetExceeded = true;
    this.markRequestSeen();
    return { refusal: error.message, run: (send) => send(), ended: () => undefined };
  }

  /** Called when a request of this call has ended. */
  attemptEnded(): void {
    this.open--;
    if (this.settled) this.endIfDone();
  }

  setAttributes(attributes: Attributes): void {
    if (this.ended) return;
    guard('setting attributes', () => {
      for (const [key, value] of Object.entries(attributes))
        if (value !== undefined) this.setAttribute(boundedName(key), boundedValue(value));
    });
  }

  recordResponse(response: RecordedResponse): void {
    if (this.ended) return;
    const recorded = guard('recording a response', () => readRecordedResponse(response));
    if (!recorded) return;
    const before = this.attempts.at(-1)?.source;
    const startedAt = before && 'endedAt' in before ? before.endedAt : this.startedAt;
    this.attempts.push({
      index: this.attempts.length,
      isRetry: false,
      startedAt,
      source: { recorded, endedAt: performance.now() },
    });
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
    if (!this.ended) this.owner.settled(this);
  }

  /** Ends abandoned responses. `now` is `performance.now()`; `Infinity` ends all open responses. */
  sweep(now: number): void {
    if (this.ended || !this.settled) return;
    const { as, at } = this.settled;
    for (const { source } of this.attempts) {
      if (!('exchange' in source) || source.exchange.ending !== null) continue;
      const { exchange } = source;
      if (exchange.respondedAt === null && now !== Infinity) continue;
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

  /** Releases requests and responses: a context can outlive its call. */
  release(): void {
    this.attempts = [];
    this.error = undefined;
  }

  /** Returns `performance.now()` of the last activity. */
  lastActivityAt(): number {
    let last = Math.max(this.settled?.at ?? this.startedAt, this.touchedAt);
    for (const { source } of this.attempts) {
      last = Math.max(last, 'exchange' in source ? source.exchange.lastActivityAt : source.endedAt);
    }
    return last;
  }

  private setAttribute(name: string, value: AttributeValue): void {
    if (!Object.hasOwn(this.attributes, name) && this.attributeCount === MAX_NAMES) return;
    if (!Object.hasOwn(this.attributes, name)) this.attributeCount++;
    // Assignment would fail for an attribute named `__proto__`.
    Object.defineProperty(this.attributes, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
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
    this.owner.ended(this);
  }

  private lastAttemptFinished(): boolean {
    const source = this.attempts.at(-1)?.source;
    return source !== undefined && (!('exchange' in source) || source.exchange.ending === 'finished');
  }
}

class AttemptListener implements ExchangeListener {
  constructor(
    private readonly call: Call,
    private readonly surrounding: Surrounding,
  ) {}

  run(send: () => void): void {
    this.surrounding.run(send);
  }

  ended(exchange: Exchange): void {
    if (exchange.error !== undefined) guard('recording an error', () => rememberRequestError(exchange));
    this.call.attemptEnded();
  }
}

function mayFollow(before: SettledAs, next: SettledAs): boolean {
  return before === 'thenable' || (before === 'lazy' && next === 'value');
}

/** Copies lists, since the application may change its array. */
function boundedValue(value: AttributeValue): AttributeValue {
  if (typeof value === 'string') return boundedName(value);
  if (!Array.isArray(value)) return value;
  const items: readonly unknown[] = value.slice(0, MAX_NAMES);
  return items.map((item) => (typeof item === 'string' ? boundedName(item) : item)) as AttributeValue;
}

/** Runs work in the context that is active. */
const CURRENT_CONTEXT: Surrounding = { run: (work) => work() };

/** Grace period for a response that is unread when its method returns. */
const UNREAD_GRACE_MS = 300;

/** Idle timeout of a response that is partly read when its method returns. */
const IDLE_MS = 30_000;

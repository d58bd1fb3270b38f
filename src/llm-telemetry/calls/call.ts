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
 * The call that is running, for the code inside it. None of its methods ever throws.
 *
 * @publicApi
 */
export interface CurrentLlmCall {
  /**
   * Adds attributes to the call's span and record. `undefined` values are omitted, and all of them after the call has
   * ended. Names and texts are cut to 200 characters; a call has at most 128 attributes, and a list 128 items.
   */
  setAttributes(attributes: Attributes): void;
  /** Records the answer of a model that is not called over HTTP through `fetch`. */
  recordResponse(response: RecordedResponse): void;
  /** Marks the call as failed although the method does not throw. Without `type`, the error tells it. */
  recordError(error: unknown, type?: LlmErrorType): void;
}

/** The context that a piece of application code runs in, carried along by `AsyncLocalStorage`. */
export interface CallContext extends WireContext {
  /** The innermost annotated call. */
  readonly call?: Call;
  /** The incoming request that is being served. */
  readonly request?: RequestScope;
}

export function currentContext(): CallContext | undefined {
  return sharedWire.contexts.getStore();
}

export function runInContext<T>(context: CallContext, run: () => T): T {
  return sharedWire.contexts.run(context, run);
}

/**
 * How the annotated method came to its end. `value`: nothing more will be read. `stream`: it returned something whose
 * body is still to be read. `thenable`: it returned a lazy promise (the SDKs' `APIPromise`) that has not been awaited.
 * `lazy`: it returned a stream or an iterable that does its work while it is read.
 */
export type SettledAs = 'value' | 'stream' | 'thenable' | 'lazy';

interface Settlement {
  as: SettledAs;
  /** `performance.now()`. */
  readonly at: number;
}

/** The application's side of a call: what it is told of, and asked for the end of. */
export interface CallOwner {
  readonly tracer: CallTracer;
  /** The call has settled while answers are still being read. */
  waits(call: Call): void;
  /** The call is over. Called once. */
  ended(call: Call): void;
  /** A request is made in the context of `call`, perhaps after its end. */
  observe(call: Call, exchange: Exchange): ExchangeListener | null;
}

/**
 * One run of an annotated method, from its start until it has settled and each of its answers has been read, left or
 * forgotten.
 */
export class Call implements CurrentLlmCall, ExchangeObserver {
  readonly startedAt = performance.now();
  /** Unix milliseconds: all other times of the call are relative to this pair. */
  readonly startedAtUnix = Date.now();
  attempts: Attempt[] = [];
  readonly trace: CallTrace;
  readonly request: RequestScope | undefined;
  /** The annotated call that this one is nested in. */
  readonly parent: Call | undefined;
  readonly attributes: Record<string, AttributeValue> = {};
  /** What the method threw, or what was recorded by hand. */
  failure: Failure | null = null;
  /** The error that `failure` is of. Released with the attempts. */
  error: unknown = undefined;
  /** The application itself has said of which type its error is. */
  typeGiven = false;
  /** A call that is nested in this one was answered by a model. */
  answeredWithin = false;
  settled: Settlement | null = null;
  ended = false;
  /** A request was observed, or a response recorded, in this call or in one nested in it. */
  requestSeen = false;
  /** It began, or was refused, while a budget was used up. */
  budgetExceeded = false;
  /** What it holds of budgets until it ends. */
  reservation: Reservation | null = null;
  /** Why its first request was not sent. Any error that leaves its method then is replaced by this one. */
  refusal: Error | null = null;
  /** How it failed, all told; set with its record. */
  outcome: CallOutcome | null = null;
  /** How many of its requests have not ended. */
  private open = 0;
  private attributeCount = 0;
  /** `performance.now()` of the last step of what the method returned. */
  private touchedAt = 0;
  private readonly context: CallContext;

  constructor(
    private readonly owner: CallOwner,
    readonly name: CallName,
    /** The run of the decorator's `retry`, from 0. */
    readonly run: number,
  ) {
    const surrounding = currentContext();
    this.parent = surrounding?.call?.ended ? undefined : surrounding?.call;
    this.request = surrounding?.request;
    this.context = { observer: this, call: this, request: this.request };
    this.trace = owner.tracer.start(this);
  }

  /** Runs the method, or a step of it, in the call's context. What it throws passes through. */
  within<T>(work: () => T): T {
    return inside('entering the context of a call', this.trace, () => runInContext(this.context, work));
  }

  /** A step of what the method returned is taken. */
  touch(): void {
    this.touchedAt = performance.now();
  }

  /** A budget has refused its first request, or may still do so. */
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

  /** Takes a request as this call's next attempt. */
  attempt(exchange: Exchange): ExchangeListener {
    const before = this.attempts.at(-1)?.source;
    const attempt: Attempt = {
      index: this.attempts.length,
      isRetry: isRetryOf(exchange, before && 'exchange' in before ? before.exchange : null),
      startedAt: exchange.startedAt,
      source: { exchange },
    };
    this.attempts.push(attempt);
    this.noteRequest();
    this.open++;
    const surrounding = guard('starting a span', () => this.trace.attempt(attempt.index, exchange));
    return new AttemptListener(this, surrounding ?? HERE);
  }

  /** A budget does not allow its first request: it is answered without being sent, and is no attempt. */
  refuse(error: Error): ExchangeListener {
    this.refusal ??= error;
    this.budgetExceeded = true;
    this.noteRequest();
    return { refusal: error.message, run: (send) => send(), ended: () => undefined };
  }

  /** One of its requests has ended. */
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
    this.noteRequest();
  }

  recordError(error: unknown, type?: LlmErrorType): void {
    if (this.ended) return;
    guard('recording an error', () => {
      const known = type !== undefined && Object.hasOwn(ERROR_DESCRIPTIONS, type);
      this.failure = { type: known ? type : failureOf(error).type, errorClass: errorClassOf(error) };
      this.error = error;
      this.typeGiven = known;
    });
  }

  /** The method threw. */
  fail(error: unknown): void {
    if (this.ended || this.settled?.as === 'value') return;
    // Of an error that the method has recorded before it throws it, the type is known.
    if (!(this.typeGiven && this.error === error)) this.recordError(error);
    this.settle('value');
  }

  /**
   * The method has come to its end, `at` (`performance.now()`). A lazy promise settles a second time, as what it turned out
   * to be, and a lazy stream when its work ends.
   */
  settle(as: SettledAs, at = performance.now()): void {
    if (this.ended || (this.settled && !mayFollow(this.settled.as, as))) return;
    this.settled = { as, at };
    this.endIfDone();
    if (!this.ended) this.owner.waits(this);
  }

  /** Ends what nobody is going to read any more. `now`: `performance.now()`; `Infinity` ends all that waits. */
  sweep(now: number): void {
    if (this.ended || !this.settled) return;
    const { as, at } = this.settled;
    for (const { source } of this.attempts) {
      if (!('exchange' in source) || source.exchange.ending !== null) continue;
      const { exchange } = source;
      if (exchange.respondedAt === null && now !== Infinity) continue;
      const idle = now - Math.max(at, exchange.lastActivityAt);
      const patience = exchange.touched || as !== 'value' ? IDLE_MS : UNREAD_GRACE_MS;
      if (idle >= patience) exchange.end(exchange.touched ? 'left' : 'unread');
    }
    if (this.ended || this.open > 0) return;
    const patience = this.lastAnswered() && this.settled.as !== 'lazy' ? UNREAD_GRACE_MS : IDLE_MS;
    if (now - this.lastActivityAt() >= patience) this.end();
  }

  /** Whether this call is nested in `outer`. */
  isWithin(outer: object): boolean {
    for (let call = this.parent; call; call = call.parent) if (call === outer) return true;
    return false;
  }

  /** A model has answered it: the calls around it may fail on that answer. */
  markAnswered(): void {
    for (let call = this.parent; call; call = call.parent) call.answeredWithin = true;
  }

  /** Lets go of requests and answers: a context may outlive its call by far. */
  release(): void {
    this.attempts = [];
    this.error = undefined;
  }

  /** `performance.now()` of the last thing that happened. */
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
    // Not by assignment: an attribute could have the name `__proto__`.
    Object.defineProperty(this.attributes, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }

  private noteRequest(): void {
    this.requestSeen = true;
    this.parent?.noteRequest();
  }

  private endIfDone(): void {
    if (this.ended || !this.settled || this.open > 0) return;
    const { as } = this.settled;
    // After a lazy promise's failed attempt the SDK may send another: its end is told by `then`, or swept.
    if (as === 'value' || (as === 'stream' && this.attempts.length > 0)) this.end();
  }

  private end(): void {
    this.ended = true;
    this.owner.ended(this);
  }

  private lastAnswered(): boolean {
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

/** A list is copied: the application may change its own. */
function boundedValue(value: AttributeValue): AttributeValue {
  if (typeof value === 'string') return boundedName(value);
  if (!Array.isArray(value)) return value;
  const items: readonly unknown[] = value.slice(0, MAX_NAMES);
  return items.map((item) => (typeof item === 'string' ? boundedName(item) : item)) as AttributeValue;
}

/** No other context than the one that there is. */
const HERE: Surrounding = { run: (work) => work() };

/** How long an answer that nobody has begun to read is waited for after its method has returned. */
const UNREAD_GRACE_MS = 300;

/** How long an answer that is being read may stand still, once its method has returned. */
const IDLE_MS = 30_000;

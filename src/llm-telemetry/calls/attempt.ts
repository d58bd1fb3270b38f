import { isErrorStatus, type Exchange, type ExchangeListener } from '../wire/exchanges/exchange.js';
import { guard, type AsyncContext } from '../wire/guard.js';
import { rememberRequestError } from './failure-of-error.js';
import { failureOfExchange } from './failure-of-exchange.js';
import type { HandRecord } from './recorded-response.js';

/** An attempt of a call that has not ended. */
export type Attempt = RequestAttempt | RecordedAttempt;

/** A request on the wire. Sends it in the context of its span, and reports its end to the call. */
export class RequestAttempt implements ExchangeListener {
  readonly recorded = null;
  isRetry: boolean;

  constructor(
    /** Ordinal within the call, from 0. */
    readonly index: number,
    readonly exchange: Exchange,
    /** The previous request, if it had failed when this one began. */
    private readonly failedBefore: Exchange | null,
    /** Context of the request's span; `undefined` if it could not be started. */
    private readonly context: AsyncContext | undefined,
    private readonly call: AttemptOwner,
  ) {
    this.isRetry = isRetryOf(exchange, failedBefore);
  }

  /** `performance.now()`. */
  get startedAt(): number {
    return this.exchange.startedAt;
  }

  /** `performance.now()`. */
  get lastActivityAt(): number {
    return this.exchange.lastActivityAt;
  }

  run(send: () => void): void {
    if (this.context) this.context.run(send);
    else send();
  }

  requestRead(exchange: Exchange): void {
    this.isRetry = isRetryOf(exchange, this.failedBefore);
    this.call.requestRead(this.index, exchange);
  }

  alongside(exchange: Exchange): ExchangeListener {
    return this.call.attempt(exchange);
  }

  ended(exchange: Exchange): void {
    if (exchange.error !== undefined) guard('recording an error', () => rememberRequestError(exchange));
    this.call.attemptEnded();
  }
}

/** A response that the application recorded by hand. */
export class RecordedAttempt {
  readonly isRetry = false;
  readonly exchange = null;

  constructor(
    /** Ordinal within the call, from 0. */
    readonly index: number,
    readonly recorded: HandRecord,
    /** `performance.now()`. */
    readonly startedAt: number,
    /** `performance.now()`. */
    readonly lastActivityAt: number,
  ) {}
}

/** The call of an attempt. */
interface AttemptOwner {
  /** Adds a request as the next attempt. */
  attempt(exchange: Exchange): ExchangeListener;
  /** The body of the request was read after it began. */
  requestRead(index: number, exchange: Exchange): void;
  attemptEnded(): void;
}

/**
 * Returns whether `exchange` is a retry: by the retry count that the SDK sends, else if it repeats the failed request
 * before it.
 */
export function isRetryOf({ request }: Exchange, failedBefore: Exchange | null): boolean {
  const { retryCount, url, body } = request;
  // 0 is inconclusive: LangChain retries by itself with a client that sends 0.
  if (retryCount !== null && retryCount > 0) return true;
  return (
    failedBefore !== null &&
    failedBefore.request.url === url &&
    body !== null &&
    failedBefore.request.body === body
  );
}

/** Returns the exchange if it has failed. Some SDKs leave the body of an error unread, so that its exchange stays open. */
export function failedOrNull(exchange: Exchange | null): Exchange | null {
  if (exchange === null) return null;
  const isDecided = exchange.ending !== null || isErrorStatus(exchange.head?.status ?? null);
  return isDecided && failureOfExchange(exchange) !== null ? exchange : null;
}

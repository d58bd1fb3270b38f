import type { Exchange, ExchangeListener } from '../wire/exchanges/exchange.js';
import { guard, type AsyncContext } from '../wire/guard.js';
import { rememberRequestError } from './failure-of-error.js';
import { failureOfExchange } from './failure-of-exchange.js';
import type { HandRecord } from './recorded-response.js';

/** An attempt of a call that has not ended. */
export type Attempt = RequestAttempt | RecordedAttempt;

/** A request on the wire. Sends it in the context of its span, and reports its end to the call. */
export class RequestAttempt implements ExchangeListener {
  readonly recorded = null;

  constructor(
    /** Ordinal within the call, from 0. */
    readonly index: number,
    readonly isRetry: boolean,
    readonly exchange: Exchange,
    /** Context of the request's span; `undefined` if it could not be started. */
    private readonly context: AsyncContext | undefined,
    private readonly onEnded: { attemptEnded(): void },
  ) {}

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

  ended(exchange: Exchange): void {
    if (exchange.error !== undefined) guard('recording an error', () => rememberRequestError(exchange));
    this.onEnded.attemptEnded();
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

/**
 * Returns whether `exchange` is a retry of `before`: by the retry count that the SDK sends, else if the same request
 * follows a failed one. Some SDKs leave the body of a failed response unread, so the failed exchange may not have ended.
 */
export function isRetryOf(exchange: Exchange, before: Exchange | null): boolean {
  const { retryCount, url, body } = exchange.request;
  // 0 is inconclusive: LangChain retries by itself with a client that sends 0.
  if (retryCount !== null && retryCount > 0) return true;
  return (
    before !== null &&
    failureOfExchange(before) !== null &&
    before.request.url === url &&
    body !== null &&
    before.request.body === body
  );
}

import type { Exchange } from '../wire/exchanges/exchange.js';
import type { FinishReason } from '../wire/finish-reason.js';
import {
  errorClassOf,
  isTimeoutReason,
  errorTypeOfAnswer,
  errorTypeOfTransport,
  type LlmErrorType,
} from './error-type.js';
import type { Failure } from './record.js';
import type { HandRecord } from './recorded-response.js';

/** One attempt of a call while it lasts: an exchange on the wire, or a response recorded by hand. */
export interface Attempt {
  /** Its ordinal within the call, from 0. */
  readonly index: number;
  readonly isRetry: boolean;
  /** `performance.now()`. */
  readonly startedAt: number;
  readonly source:
    { readonly exchange: Exchange } | { readonly recorded: HandRecord; readonly endedAt: number };
}

/** Whether `exchange` repeats `before`: the SDK's own count says so, else the same request after a failure. */
export function isRetryOf(exchange: Exchange, before: Exchange | null): boolean {
  const { retryCount, url, body } = exchange.request;
  // 0 may be that of a client whose owner (LangChain) sends the same again by itself.
  if (retryCount !== null && retryCount > 0) return true;
  return (
    before !== null &&
    before.ending !== null &&
    failureOfExchange(before) !== null &&
    before.request.url === url &&
    body !== null &&
    before.request.body === body
  );
}

/** How an exchange failed, as far as the wire can tell; `null` where it did not. */
export function failureOfExchange(exchange: Exchange): Failure | null {
  const { answer, head, ending, error } = exchange;
  if (ending === 'aborted') return { type: abortOrTimeout(exchange), errorClass: errorClassOf(error) };
  if (answer.error !== null) return failure(errorTypeOfAnswer(answer.error, head?.status ?? null));
  if (head !== null && head.status >= 400) return failure(errorTypeOfAnswer(null, head.status));
  if (ending === 'failed') return { type: errorTypeOfTransport(error), errorClass: errorClassOf(error) };
  if (ending === 'cut') return failure('stream_cut');
  if (answer.finish === 'content_filter') return failure('content_filter');
  return exchange.isEmpty ? failure('empty_response') : null;
}

/** The finish reason of an exchange: what the provider said, else what became of the answer. */
export function finishOfExchange(exchange: Exchange): FinishReason | null {
  if (exchange.answered && exchange.answer.finish !== null) return exchange.answer.finish;
  // What ran out of time was not stopped by the application.
  if (exchange.ending === 'aborted') return abortOrTimeout(exchange) === 'aborted' ? 'cancelled' : null;
  if (!exchange.answered) return null;
  if (exchange.ending === 'left') return 'cancelled';
  return exchange.ending === 'unread' ? 'unread' : null;
}

export function failure(type: LlmErrorType): Failure {
  return { type, errorClass: type };
}

/** Whether the request's signal was aborted by `AbortSignal.timeout()`. */
export function isTimedOutBySignal({ ending, abortReason }: Exchange): boolean {
  return ending === 'aborted' && isTimeoutReason(abortReason);
}

/**
 * An SDK ends its timeouts by aborting, as an application ends a call. The signal's reason tells them apart; where it
 * says nothing, the time that has passed against the timeout that the SDK announced (whole seconds, truncated).
 */
function abortOrTimeout(exchange: Exchange): 'aborted' | 'timeout' {
  if (isTimedOutBySignal(exchange)) return 'timeout';
  const { timeoutSeconds } = exchange.request;
  if (timeoutSeconds === null || exchange.head !== null) return 'aborted';
  return exchange.lastActivityAt - exchange.startedAt >= timeoutSeconds * 1000 ? 'timeout' : 'aborted';
}

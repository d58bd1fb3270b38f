import { isErrorStatus, type Exchange } from '../wire/exchanges/exchange.js';
import type { FinishReason } from '../wire/finish-reason.js';
import {
  errorClassOf,
  isTimeoutReason,
  errorTypeOfResponse,
  errorTypeOfTransport,
  type LlmErrorType,
} from './error-type.js';
import type { Failure } from './record.js';

/** Returns how an exchange failed, judged by the wire alone; `null` if it did not fail. */
export function failureOfExchange(exchange: Exchange): Failure | null {
  const { response, head, ending, error } = exchange;
  if (ending === 'aborted') return { type: abortOrTimeout(exchange), errorClass: errorClassOf(error) };
  if (response.error !== null || isErrorStatus(head?.status ?? null))
    return failure(errorTypeOfResponse(response.error, head?.status ?? null, head?.errorCode));
  if (ending === 'failed') return { type: errorTypeOfTransport(error), errorClass: errorClassOf(error) };
  if (ending === 'cut') return failure('stream_cut');
  if (response.finish === 'content_filter') return failure('content_filter');
  return exchange.isEmpty ? failure('empty_response') : null;
}

/** Returns the provider's finish reason, else one derived from the ending of the exchange. */
export function finishOfExchange(exchange: Exchange): FinishReason | null {
  if (exchange.succeeded && exchange.response.finish !== null) return exchange.response.finish;
  // A timeout is not a cancellation by the application.
  if (exchange.ending === 'aborted') return abortOrTimeout(exchange) === 'aborted' ? 'cancelled' : null;
  if (!exchange.succeeded) return null;
  if (exchange.ending === 'left') return 'cancelled';
  return exchange.ending === 'unread' ? 'unread' : null;
}

/** Creates a failure without an error object. */
export function failure(type: LlmErrorType): Failure {
  return { type, errorClass: type };
}

/** Returns whether `AbortSignal.timeout()` aborted the request. */
export function isTimedOutBySignal({ ending, abortReason }: Exchange): boolean {
  return ending === 'aborted' && isTimeoutReason(abortReason);
}

/**
 * SDKs implement timeouts by aborting, so an abort can be a timeout. The reason of the signal tells them apart; without
 * one, the elapsed time is compared with the timeout that the SDK announced (whole seconds, truncated).
 */
function abortOrTimeout(exchange: Exchange): 'aborted' | 'timeout' {
  if (isTimedOutBySignal(exchange)) return 'timeout';
  const { timeoutSeconds } = exchange.request;
  if (timeoutSeconds === null || exchange.head !== null) return 'aborted';
  return exchange.lastActivityAt - exchange.startedAt >= timeoutSeconds * 1000 ? 'timeout' : 'aborted';
}

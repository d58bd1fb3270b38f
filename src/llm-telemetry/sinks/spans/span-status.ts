import { SpanStatusCode, type SpanStatus } from '@opentelemetry/api';
import { ERROR_DESCRIPTIONS } from '../../calls/error-type.js';
import type { Failure } from '../../calls/record.js';
import type { FinishReason } from '../../wire/finish-reason.js';

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

import type { AttemptRecord } from '../../api/index.js';
import { outcomeOf, type Outcome } from '../calls/outcome.js';

/** Returns the outcome of an attempt: HTTP status, and error type or finish reason. */
export function attemptOutcome({ status, ending, failure, finishReason }: AttemptRecord): Outcome {
  const answered = status !== null && status < 400;
  const head = status === null ? '' : `${status} `;
  if (failure) {
    const type = failure.type === 'aborted' ? 'cancelled' : failure.type;
    const text = answered ? `${status}, then ${type}` : `${head}${type}`;
    return type === 'cancelled'
      ? { tone: 'quiet', icon: 'dot', text }
      : { tone: 'bad', icon: 'cross', text: status === null ? `${type}, no response` : text };
  }
  if (ending === 'left') return { tone: 'quiet', icon: 'dot', text: `${head}abandoned` };
  if (ending === 'unread') return { tone: 'quiet', icon: 'dot', text: `${head}not read` };
  const reason = finishReason === null || finishReason === 'stop' ? 'ok' : finishReason;
  const outcome = outcomeOf({ outcome: reason, failed: false, truncated: false });
  return reason === 'ok'
    ? { ...outcome, text: `${head}OK` }
    : { ...outcome, text: head + lower(outcome.text) };
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

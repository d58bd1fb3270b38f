import type { CallRecord } from '../call/record.js';

/** One word for how a call ended: its error type, else its finish reason, where that is not the usual one, else `ok`. */
export function outcomeOf({ failure, finishReason }: CallRecord): string {
  if (failure) return failure.type;
  return finishReason === null || finishReason === 'stop' ? 'ok' : finishReason;
}

/** Whether it counts as failed: what the application itself has aborted does not. */
export function hasFailed({ failure }: CallRecord): boolean {
  return failure !== null && failure.type !== 'aborted';
}

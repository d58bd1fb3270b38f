import type { LlmErrorType } from '../calls/error-type.js';
import type { AttemptRecord, CallRecord } from '../calls/record.js';
import { toUnits } from '../units/usd.js';

/** A request that repeats another request of its call. */
export interface Retry {
  readonly attempt: AttemptRecord;
  /** `null` if the call does not contain it. */
  readonly repeated: AttemptRecord | null;
  /** Error type of the repeated attempt; `unknown` if it did not fail or is missing. */
  readonly reason: LlmErrorType;
  /** Duration of the repeated attempt plus the wait after it, milliseconds. */
  readonly addedMs: number;
  /** Cost of the repeated attempt in whole units (`units/usd.ts`); 0 if unknown. */
  readonly lostUnits: number;
}

/**
 * Returns the retries of a call. Each repeats the last failed attempt before it that was not repeated yet, because
 * concurrent requests may lie in between.
 */
export function retriesOf({ attempts }: Pick<CallRecord, 'attempts'>): readonly Retry[] {
  if (!attempts.some(({ isRetry }) => isRetry)) return [];
  const waiting: AttemptRecord[] = [];
  const retries: Retry[] = [];
  for (const [index, attempt] of attempts.entries()) {
    if (attempt.isRetry) retries.push(retryOf(attempt, waiting.pop() ?? attempts[index - 1] ?? null));
    if (attempt.failure !== null) waiting.push(attempt);
  }
  return retries;
}

function retryOf(attempt: AttemptRecord, repeated: AttemptRecord | null): Retry {
  const cost = repeated?.cost;
  return {
    attempt,
    repeated,
    reason: repeated?.failure?.type ?? 'unknown',
    addedMs: repeated === null ? 0 : repeated.durationMs + attempt.waitedMs,
    lostUnits: cost && cost.source !== 'unknown' ? toUnits(cost.costUsd) : 0,
  };
}

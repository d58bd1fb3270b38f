import type { LlmErrorType } from '../calls/error-type.js';
import type { AttemptRecord, CallRecord } from '../calls/record.js';
import { toUnits } from '../units/usd.js';

/** A request that repeats another one of its call. */
export interface Retry {
  readonly attempt: AttemptRecord;
  /** `null`: it is not among the call's. */
  readonly repeated: AttemptRecord | null;
  /** How the repeated one ended; `unknown` where it has not failed or is not known. */
  readonly reason: LlmErrorType;
  /** What it took, and the wait after it, milliseconds. */
  readonly addedMs: number;
  /** What was paid for it, in whole units (`units/usd.ts`), where that is known. */
  readonly lostUnits: number;
}

/**
 * The retries of a call. Each repeats the last failure before it that none has repeated yet: requests that run beside each
 * other lie in between.
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

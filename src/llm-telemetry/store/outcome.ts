import { ERROR_DESCRIPTIONS, type LlmErrorType } from '../calls/error-type.js';
import type { CallRecord } from '../calls/record.js';
import type { KnownFinishReason } from '../wire/finish-reason.js';

/** Finish reasons that are an outcome of their own. `cancelled` is the outcome `aborted`, as in error types. */
const FINISH_OUTCOMES = {
  length: true,
  context_window: true,
  tool_calls: true,
  content_filter: true,
  refusal: true,
  paused: true,
  error: true,
  unread: true,
} as const satisfies Record<Exclude<KnownFinishReason, 'stop' | 'cancelled'>, true>;

/** An outcome of a call, apart from a finish reason that only its provider uses. */
export type KnownOutcome = 'ok' | keyof typeof FINISH_OUTCOMES | LlmErrorType;

/** Every known outcome, once. */
export const KNOWN_OUTCOMES: readonly KnownOutcome[] = [
  ...new Set([
    'ok' as const,
    ...(Object.keys(FINISH_OUTCOMES) as Array<keyof typeof FINISH_OUTCOMES>),
    ...(Object.keys(ERROR_DESCRIPTIONS) as LlmErrorType[]),
  ]),
];

/**
 * Values of the outcome filter that stand for several outcomes. `cancelled` is an alias of `aborted`; `other` stands for
 * finish reasons that are not known.
 */
export const OUTCOME_GROUPS = ['failed', 'truncated', 'cancelled', 'other'] as const;

/** Returns the outcome of a call in one word: the error type, else the finish reason if it is not `stop`, else `ok`. */
export function outcomeOf(record: CallRecord): string {
  const { failure, finishReason } = record;
  if (failure) return failure.type;
  if (wasAborted(record)) return 'aborted';
  return finishReason === null || finishReason === 'stop' ? 'ok' : finishReason;
}

/** Returns true if the call failed. A call that the application aborted did not. */
export function hasFailed({ failure }: CallRecord): boolean {
  return failure !== null && failure.type !== 'aborted';
}

/** Returns true if the application aborted the call or left its stream before the end. */
export function wasAborted({ failure, finishReason }: CallRecord): boolean {
  return failure ? failure.type === 'aborted' : finishReason === 'cancelled';
}

import type { KnownFinishReason } from '../wire/finish-reason.js';
import type { Usage } from '../wire/usage.js';
import type { CostReasonCode } from './cost.js';
import { ERROR_DESCRIPTIONS, type LlmErrorType } from './error-type.js';
import type { AttemptRecord, CallRecord } from './record.js';

/**
 * What a call and an attempt count as. Rollups, OpenTelemetry metrics and lists of calls use these functions, so that
 * their numbers agree.
 */

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

/** Returns true if a content filter blocked the response. */
export function wasContentFiltered({ failure, finishReason }: CallRecord): boolean {
  return finishReason === 'content_filter' || failure?.type === 'content_filter';
}

/** Returns true unless the call is an item of a batch, which the provider has processed at some other time. */
export function hasDuration({ batch }: CallRecord): boolean {
  return batch === undefined;
}

/** Returns true if the provider can have billed the call. */
export function isBilled({ usage }: CallRecord): boolean {
  return usage !== null;
}

/** Returns the model that the tokens and the cost of an attempt count for. */
export function modelOfAttempt({ responseModel, requestModel }: AttemptRecord): string | null {
  return responseModel ?? requestModel;
}

/** Returns true if an attempt counts for the same provider and model as its call. */
export function isOfModelOfCall(attempt: AttemptRecord, { provider, model }: CallRecord): boolean {
  return modelOfAttempt(attempt) === model && attempt.provider === provider;
}

/** Returns the usage of an attempt, reported or estimated; `null` if it is missing or nothing can have been billed. */
export function knownUsageOf({ usage }: AttemptRecord): Usage | null {
  return usage === null || usage.source === 'missing' ? null : usage;
}

/** Returns the cost of an attempt in USD; `null` if it is unknown or nothing was billed. */
export function knownCostOf(attempt: AttemptRecord): number | null {
  const { cost } = attempt;
  if (cost === null || cost.source === 'unknown' || knownUsageOf(attempt) === null) return null;
  return cost.costUsd;
}

/** Returns true if an attempt has a usage without a price. */
export function isUnpriced(attempt: AttemptRecord): boolean {
  return attempt.cost?.source === 'unknown' && knownUsageOf(attempt) !== null;
}

/** Returns true if the provider reported no usage and there was no text to estimate it from. */
export function isUsageMissing({ usage }: AttemptRecord): boolean {
  return usage?.source === 'missing';
}

/** Returns true if an attempt can have been billed, but its cost is unknown: it has no price or no usage. */
export function isCostUnknown(attempt: AttemptRecord): boolean {
  return isUnpriced(attempt) || isUsageMissing(attempt);
}

/** Returns why the cost of a call is unknown: the reason of its first attempt without a cost; `null` if it is known. */
export function costReasonCodeOf({ attempts, cost }: CallRecord): CostReasonCode | null {
  if (cost.source !== 'unknown') return null;
  for (const attempt of attempts) if (attempt.cost?.source === 'unknown') return attempt.cost.reasonCode;
  return 'no_request';
}

/** Returns true if at least one count of the usage is estimated. */
export function isUsageEstimated({ usage }: AttemptRecord): boolean {
  return usage?.source === 'estimated';
}

/** Returns true if the counts of the usage contradict each other. */
export function isUsageContradictory({ usage }: AttemptRecord): boolean {
  return usage?.clamped === true;
}

/** Returns true if a count of the usage is the rest of the reported total. */
export function isUsageDerived({ usage }: AttemptRecord): boolean {
  return usage?.derived === true;
}

/**
 * Returns the attempt under whose model a call counts as unpriced (or with a missing or an estimated usage): the first one
 * that matches. A call counts once, however many of its attempts match.
 */
export function countedAttempt(
  { attempts }: CallRecord,
  matches: (attempt: AttemptRecord) => boolean,
): AttemptRecord | undefined {
  return attempts.find(matches);
}

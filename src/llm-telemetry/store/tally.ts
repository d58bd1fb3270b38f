import { MEASURED_SUMS, usedParts, type UsageMeasure } from '../wire/usage.js';
import type { AttemptRecord, CallRecord } from '../calls/record.js';
import { toUnits } from '../units/usd.js';
import { hasFailed, wasAborted } from './outcome.js';
import { retriesOf } from './retries.js';

/** Sums of the first rollups, in storage order. */
const FIRST_SUMS = [
  'calls',
  'failed',
  'aborted',
  'truncated',
  'contentFiltered',
  'costUnits',
  'estimatedCostUnits',
  'billedCalls',
  'unpricedCalls',
  'unpricedInputTokens',
  'unpricedOutputTokens',
  'missingUsageCalls',
  'estimatedUsageCalls',
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'outputTokens',
  'reasoningTokens',
  'attempts',
  'retries',
  'rateLimitedAttempts',
  'retriedCalls',
  'recoveredCalls',
  'retryTimeMs',
  'retryCostUnits',
] as const;

/**
 * Sums of rollups, in storage order: new sums come last, measures of usage parts in the order of `USAGE_PARTS`. Money
 * is in whole units (`units/usd.ts`), so its sums are exact.
 */
export const SUMS: readonly Sum[] = [
  ...new Set<Sum>([...FIRST_SUMS, ...MEASURED_SUMS.map(({ name }) => name)]),
];

/** Sums of money. */
export const MONEY = ['costUnits', 'estimatedCostUnits', 'retryCostUnits'] as const satisfies readonly Sum[];

export type Sum = (typeof FIRST_SUMS)[number] | UsageMeasure;
export type Sums = Record<Sum, number>;

const NO_SUMS = Object.fromEntries(SUMS.map((sum) => [sum, 0])) as Sums;

export function noSums(): Sums {
  return { ...NO_SUMS };
}

/**
 * Adds a call to sums: values of the whole call to `ofCall`, values of each attempt to the sums of its model. A call
 * counts as unpriced at most once, regardless of the number of unpriced attempts.
 */
export function addCall(record: CallRecord, ofCall: Sums, ofAttempt: (attempt: AttemptRecord) => Sums): void {
  const { failure, attempts, usage, finishReason } = record;
  ofCall.calls++;
  if (hasFailed(record)) ofCall.failed++;
  if (wasAborted(record)) ofCall.aborted++;
  if (record.truncated) ofCall.truncated++;
  if (finishReason === 'content_filter' || failure?.type === 'content_filter') ofCall.contentFiltered++;
  if (usage !== null) ofCall.billedCalls++;

  let unpriced: Sums | null = null;
  let missing: Sums | null = null;
  let estimated: Sums | null = null;
  for (const attempt of attempts) {
    const sums = ofAttempt(attempt);
    sums.attempts++;
    if (attempt.failure?.type === 'rate_limit') sums.rateLimitedAttempts++;
    if (attempt.usage === null) continue;
    if (attempt.usage.source === 'missing') {
      missing ??= sums;
      continue;
    }
    if (attempt.usage.source === 'estimated') estimated ??= sums;
    addUsage(sums, attempt);
    if (attempt.cost?.source === 'unknown') unpriced ??= sums;
  }
  if (unpriced) unpriced.unpricedCalls++;
  if (missing) missing.missingUsageCalls++;
  if (estimated) estimated.estimatedUsageCalls++;
  addRetries(record, ofCall, ofAttempt);
}

function addUsage(sums: Sums, { usage, cost }: AttemptRecord): void {
  if (usage === null) return;
  for (const { row, count } of usedParts(usage)) if (row.measure !== undefined) sums[row.measure] += count;
  if (cost === null) return;
  if (cost.source === 'unknown') {
    sums.unpricedInputTokens += usage.inputTokens;
    sums.unpricedOutputTokens += usage.outputTokens;
    return;
  }
  sums.costUnits += toUnits(cost.costUsd);
  if (usage.source === 'estimated') sums.estimatedCostUnits += toUnits(cost.costUsd);
}

function addRetries(record: CallRecord, ofCall: Sums, ofAttempt: (attempt: AttemptRecord) => Sums): void {
  const retries = retriesOf(record);
  if (retries.length === 0) return;
  ofCall.retriedCalls++;
  if (record.failure === null) ofCall.recoveredCalls++;
  for (const { attempt, repeated, addedMs, lostUnits } of retries) {
    ofAttempt(attempt).retries++;
    if (repeated === null) continue;
    const sums = ofAttempt(repeated);
    sums.retryTimeMs += addedMs;
    sums.retryCostUnits += lostUnits;
  }
}

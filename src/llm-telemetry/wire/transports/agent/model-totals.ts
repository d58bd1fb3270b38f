import { asCount, asNumber, asObject, type JsonObject } from '../../json/json-value.js';
import { emptyUsage, type UsageDraft } from '../../response-draft.js';

const COUNTS = [
  'inputTokens',
  'outputTokens',
  'cacheReadInputTokens',
  'cacheCreationInputTokens',
  'thinkingTokens',
  'cacheCreationEphemeral5mInputTokens',
  'cacheCreationEphemeral1hInputTokens',
  'webSearchRequests',
] as const;
type Count = (typeof COUNTS)[number];

/** Counts that every version of Claude Code reports. Within a session, none of them decreases. */
const TOTALS = COUNTS.slice(0, 4);

/**
 * Totals of one model, by the names of `ModelUsage`. `inputTokens` exclude tokens that were read from or written to a
 * cache; counts that were not reported are 0.
 *
 * Source: types of @anthropic-ai/claude-agent-sdk 0.3 (`ModelUsage`).
 */
export interface ModelTotals extends Readonly<Record<Count, number>> {
  /** The SDK's own estimate; `null` if it was not reported. */
  readonly costUSD: number | null;
}

/** Reads a `ModelUsage`. Negative counts are kept, so that they are flagged. */
export function readTotals(usage: JsonObject): ModelTotals {
  return totalsBy((name) => asCount(usage[name]) ?? 0, asNumber(usage['costUSD']));
}

/** Converts a usage of the Messages API, as results of versions without `modelUsage` have it. */
export function totalsOfDraft(draft: UsageDraft): ModelTotals {
  const cacheCreationInputTokens = draft.cacheWriteTokens5m + draft.cacheWriteTokens1h;
  const input = draft.inputTokens ?? 0;
  const counts: Readonly<Record<Count, number>> = {
    inputTokens: input - draft.cachedInputTokens - cacheCreationInputTokens,
    outputTokens: draft.outputTokens ?? 0,
    cacheReadInputTokens: draft.cachedInputTokens,
    cacheCreationInputTokens,
    thinkingTokens: draft.reasoningTokens,
    cacheCreationEphemeral5mInputTokens: draft.cacheWriteTokens5m,
    cacheCreationEphemeral1hInputTokens: draft.cacheWriteTokens1h,
    webSearchRequests: draft.webSearchRequests,
  };
  return { ...counts, costUSD: null };
}

/** Returns what was added since `before`. Totals below those before were reset (`/clear`), so they are new. */
export function totalsSince(totals: ModelTotals, before: ModelTotals | undefined): ModelTotals {
  if (before === undefined || TOTALS.some((name) => totals[name] < before[name])) return totals;
  return withoutTotals(totals, before);
}

/** Subtracts totals that are recorded already. No count gets negative. */
export function withoutTotals(totals: ModelTotals, recorded: ModelTotals): ModelTotals {
  const { costUSD } = totals;
  return totalsBy(
    (name) => Math.max(0, totals[name] - recorded[name]),
    costUSD === null || recorded.costUSD === null ? costUSD : exactUsd(costUSD - recorded.costUSD),
  );
}

/** Returns whether no request can have been made. */
export function isNothing(totals: ModelTotals): boolean {
  return COUNTS.every((name) => totals[name] === 0) && !totals.costUSD;
}

/** Normalizes totals. `oneHourWrites`: cache writes with a lifetime of one hour; the others count as five minutes. */
export function draftOfTotals(totals: ModelTotals, oneHourWrites: number): UsageDraft {
  const { cacheReadInputTokens: read, cacheCreationInputTokens: written } = totals;
  return {
    ...emptyUsage(),
    inputTokens: totals.inputTokens + read + written,
    cachedInputTokens: read,
    cacheWriteTokens5m: written - oneHourWrites,
    cacheWriteTokens1h: oneHourWrites,
    outputTokens: totals.outputTokens,
    reasoningTokens: totals.thinkingTokens,
    webSearchRequests: totals.webSearchRequests,
  };
}

/** Reads the totals of all models of a `modelUsage`; empty if it is absent. */
export function readModelUsage(usage: unknown, limit: number): ReadonlyMap<string, JsonObject> {
  const models = new Map<string, JsonObject>();
  for (const [model, row] of Object.entries(asObject(usage) ?? {})) {
    const counts = asObject(row);
    if (counts !== null && models.size < limit) models.set(model, counts);
  }
  return models;
}

function totalsBy(countOf: (name: Count) => number, costUSD: number | null): ModelTotals {
  return {
    ...(Object.fromEntries(COUNTS.map((name) => [name, countOf(name)])) as Record<Count, number>),
    costUSD,
  };
}

/** Rounds the difference of two sums to 10⁻¹² USD. */
function exactUsd(usd: number): number {
  return Math.max(0, Math.round(usd * 1e12) / 1e12);
}

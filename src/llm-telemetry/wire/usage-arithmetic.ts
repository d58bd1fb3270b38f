import type { UsageDraft } from './response-draft.js';

/** Totals of a usage, after comparison of the counts with the reported total. */
export interface UsageTotals {
  /** `null` if unknown. */
  readonly inputTokens: number | null;
  /** `null` if unknown. */
  readonly outputTokens: number | null;
  /** `true` if a count was computed as the rest of the reported total. */
  readonly derived: boolean;
  /** `true` if the counts cannot add up to the reported total. */
  readonly contradictory: boolean;
}

/**
 * Determines input and output by arithmetic, because providers count some tokens outside `prompt_tokens` and
 * `completion_tokens`, but always in the total. If input and output add up to the total, everything is inside.
 * Otherwise, the parts that fill the gap are added: reasoning to the output (xAI; Gemini behind gateways); cached input,
 * cache writes and input of hosted tools to the input. If the total exceeds the counts and no reasoning is reported, the
 * rest is output and flagged as derived. Counts that do not add up otherwise are kept and flagged.
 */
export function totalsOf(draft: UsageDraft): UsageTotals {
  const { inputTokens, outputTokens, totalTokens } = draft;
  if (totalTokens === null || totalTokens <= 0) return reported(inputTokens, outputTokens);
  if (inputTokens === null || outputTokens === null) return withRest(inputTokens, outputTokens, totalTokens);
  const gap = totalTokens - inputTokens - outputTokens;
  // Negative counts are clamped and flagged.
  if (gap === 0 || inputTokens < 0 || outputTokens < 0) return reported(inputTokens, outputTokens);
  if (gap > 0) {
    const [found, ...others] = partsThatFill(gap, draft);
    if (found !== undefined) {
      return {
        inputTokens: inputTokens + found.input,
        outputTokens: outputTokens + found.output,
        derived: false,
        // Several sets fit, so the choice is a guess.
        contradictory: others.some(({ input }) => input !== found.input),
      };
    }
    if (draft.reasoningTokens === 0)
      return { inputTokens, outputTokens: outputTokens + gap, derived: true, contradictory: false };
  }
  return { inputTokens, outputTokens, derived: false, contradictory: true };
}

function reported(inputTokens: number | null, outputTokens: number | null): UsageTotals {
  return { inputTokens, outputTokens, derived: false, contradictory: false };
}

/** Computes the count that is not reported, if the other one is. */
function withRest(input: number | null, output: number | null, total: number): UsageTotals {
  if (input === null && output === null) return reported(null, null);
  const rest = total - (input ?? output ?? 0);
  // The total was sent before the other count is known, so the count is estimated.
  if (rest === 0) return reported(input, output);
  if (rest < 0) return { inputTokens: input, outputTokens: output, derived: false, contradictory: true };
  return { inputTokens: input ?? rest, outputTokens: output ?? rest, derived: true, contradictory: false };
}

interface Addition {
  readonly input: number;
  readonly output: number;
}

/** Returns the sets of parts whose sum is `gap`, the smallest set first. Parts of 0 tokens are ignored. */
function partsThatFill(gap: number, draft: UsageDraft): readonly Addition[] {
  const sets: Array<readonly Part[]> = [[]];
  for (const part of partsOf(draft)) sets.push(...sets.map((set) => [...set, part]));
  return sets
    .filter((set) => sum(set) === gap)
    .sort((one, other) => one.length - other.length)
    .map((set) => ({
      input: sum(set.filter(({ of }) => of === 'input')),
      output: sum(set.filter(({ of }) => of === 'output')),
    }));
}

interface Part {
  readonly of: 'input' | 'output';
  readonly count: number;
}

/** Parts that dialects count outside their total, most frequent first. */
function partsOf(draft: UsageDraft): readonly Part[] {
  const parts: readonly Part[] = [
    { of: 'output', count: draft.reasoningTokens },
    { of: 'input', count: draft.cachedInputTokens },
    { of: 'input', count: draft.toolInputTokens },
    { of: 'input', count: draft.cacheWriteTokens5m + draft.cacheWriteTokens1h + draft.cacheWriteTokens12h },
  ];
  return parts.filter(({ count }) => count > 0);
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { count }) => total + count, 0);
}

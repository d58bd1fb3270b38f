import type { AttemptRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';

/** Prices in millionths of a USD per million tokens, from the providers' price lists (November 2026). */
const PRICES: Readonly<Record<string, { input: bigint; cached: bigint; written: bigint; output: bigint }>> = {
  'gpt-4o-2024-08-06': { input: 2_500_000n, cached: 1_250_000n, written: 2_500_000n, output: 10_000_000n },
  'gpt-4o-mini-2024-07-18': { input: 150_000n, cached: 75_000n, written: 150_000n, output: 600_000n },
  'gpt-5-mini-2025-08-07': { input: 250_000n, cached: 25_000n, written: 250_000n, output: 2_000_000n },
  'claude-haiku-4-5-20251001': {
    input: 1_000_000n,
    cached: 100_000n,
    written: 1_250_000n,
    output: 5_000_000n,
  },
  'claude-sonnet-4-6': { input: 3_000_000n, cached: 300_000n, written: 3_750_000n, output: 15_000_000n },
};

/** Price factors of the service tiers of gpt-5-mini, in tenths. */
const TIERS: Readonly<Record<string, bigint>> = { default: 10n, standard: 10n, flex: 5n, priority: 18n };

/** $10 per 1,000 web searches. */
const SEARCH = 10_000_000_000n;

/** Returns the cost of a line of the bill in units of 10⁻¹² USD. The bill does not contain the requested tier. */
export function unitsOfLine(line: LedgerEntry, tier: string): bigint {
  const price = PRICES[line.model];
  const tenths = TIERS[tier];
  if (!price || tenths === undefined) throw new Error(`The price list has no ${line.model} with ${tier}.`);
  const cached = BigInt(line.cachedInputTokens);
  const written = BigInt(line.cacheWriteTokens);
  const fresh = BigInt(line.inputTokens) - cached - written;
  const tokens =
    fresh * price.input +
    cached * price.cached +
    written * price.written +
    BigInt(line.outputTokens) * price.output;
  return (tokens * tenths) / 10n + BigInt(line.webSearches) * SEARCH;
}

/** Returns the recorded usage of an attempt with the names of the bill. */
export function countsOfAttempt({ usage }: AttemptRecord): object {
  return {
    input: usage!.inputTokens,
    cached: usage!.cachedInputTokens,
    written: usage!.cacheWriteTokens5m,
    output: usage!.outputTokens,
    reasoning: usage!.reasoningTokens,
    searches: usage!.webSearchRequests,
  };
}

export function countsOfLine(line: LedgerEntry): object {
  return {
    input: line.inputTokens,
    cached: line.cachedInputTokens,
    written: line.cacheWriteTokens,
    output: line.outputTokens,
    reasoning: line.reasoningTokens,
    searches: line.webSearches,
  };
}

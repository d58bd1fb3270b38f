import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';

/** USD per million tokens. */
export interface ModelPrices {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

/** Prices of the providers' price lists (November 2026), by response model. */
export const PRICE_LIST: Readonly<Record<string, ModelPrices>> = {
  'gpt-4o-mini-2024-07-18': { input: 0.15, cached: 0.075, output: 0.6 },
  'gpt-4o-2024-08-06': { input: 2.5, cached: 1.25, output: 10 },
  'claude-haiku-4-5-20251001': { input: 1, cached: 0.1, output: 5 },
};

/** Returns the cost of a ledger entry in USD; 0 if the model has no price. */
export function costOf(
  { model, inputTokens, cachedInputTokens, outputTokens }: LedgerEntry,
  prices: Readonly<Record<string, ModelPrices>> = PRICE_LIST,
): number {
  const price = prices[model];
  if (!price) return 0;
  return (
    ((inputTokens - cachedInputTokens) * price.input +
      cachedInputTokens * price.cached +
      outputTokens * price.output) /
    1e6
  );
}

export function sumOf<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0);
}

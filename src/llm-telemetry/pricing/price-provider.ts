/**
 * Prices of one model. USD per million tokens, web searches per thousand requests. What the source has no price for is
 * absent, which is not the same as free.
 *
 * @publicApi
 */
export interface ModelPrices {
  readonly input: Price;
  readonly output: Price;
  readonly cachedInput?: Price;
  readonly cacheWrite5m?: Price;
  readonly cacheWrite1h?: Price;
  readonly audioInput?: Price;
  readonly audioOutput?: Price;
  readonly webSearch?: number;
}

/** A price, or one that changes for the whole request once its input is longer than `above` tokens. */
export type Price = number | { readonly base: number; readonly tiers: ReadonlyArray<{ readonly above: number; readonly price: number }> };

/** Prices that were found, with what has to stand on a receipt. @publicApi */
export interface FoundPrices {
  readonly prices: ModelPrices;
  /** The name under which they were found. */
  readonly pricedAs: string;
  /** Which table, and its version or date. */
  readonly pricedFrom: string;
}

/**
 * A source of prices of your own. Asked for each priced attempt, so it should answer from memory; what it throws makes
 * the cost unknown.
 *
 * @publicApi
 */
export interface PriceProvider {
  /** `provider` as in `gen_ai.provider.name`; `null`: no price is known. */
  find(query: { readonly provider: string; readonly model: string; readonly at: Date }): FoundPrices | null;
}

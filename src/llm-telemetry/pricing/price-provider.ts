import type { UsagePrices } from '../wire/usage.js';

type PartPrices = { readonly [Name in keyof UsagePrices]?: Price | undefined };

/**
 * Prices of one model in its standard tier: USD per million tokens, web searches per thousand. What the source has no
 * price for is absent, which is not the same as free: a usage that needs it has an unknown cost.
 *
 * @publicApi
 */
export interface ModelPrices extends PartPrices {
  /** USD per thousand uses of other tools of the provider's, by name: `{ file_search: 2.5 }`. */
  readonly tools?: Readonly<Record<string, number>> | undefined;
}

/** USD, or USD that change with the length of the input. @publicApi */
export type Price = number | TieredPrice;

/** A price with long-context tiers: the tier that the input reaches holds for the whole request. @publicApi */
export interface TieredPrice {
  readonly base: number;
  /** `price` holds once the input, cached tokens included, is longer than `above` tokens. The highest reached wins. */
  readonly tiers: ReadonlyArray<{ readonly above: number; readonly price: number }>;
}

/** Prices that were found, with what has to stand on a receipt. @publicApi */
export interface FoundPrices {
  readonly prices: ModelPrices;
  /** The name under which they were found. */
  readonly pricedAs: string;
  /** Which list, its version and date, and since when the price holds where the list says so. */
  readonly pricedFrom: string;
  /** What a tier, a speed or a place multiplies prices of tokens by, by its name, before the published multipliers. */
  readonly multipliers?: Readonly<Record<string, number>> | undefined;
}

/** What a price is asked for. @publicApi */
export interface PriceQuery {
  /** As in `gen_ai.provider.name`. */
  readonly provider: string;
  /** The model that answered, else the one asked for, in the provider's words. */
  readonly model: string;
  /** When the attempt started. */
  readonly at: Date;
}

/**
 * A source of prices of your own. Asked for each priced attempt, so it should answer from memory, and at once: what it
 * throws makes the cost unknown.
 *
 * @publicApi
 */
export interface PriceProvider {
  /** `null`: no price is known. */
  find(query: PriceQuery): FoundPrices | null;
}

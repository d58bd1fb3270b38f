import type { UsagePrices } from '../wire/usage.js';

type PartPrices = { readonly [Name in keyof UsagePrices]?: Price | undefined };

/**
 * Prices of one model in the standard service tier, in USD per million tokens unless noted. An absent price is unknown,
 * not free: a usage that needs it has an unknown cost.
 *
 * @publicApi
 */
export interface ModelPrices extends PartPrices {
  /** USD per thousand uses of the provider's other tools, by name: `{ file_search: 2.5 }`. */
  readonly tools?: Readonly<Record<string, number>> | undefined;
}

/** A price in USD, constant or depending on the length of the input. @publicApi */
export type Price = number | TieredPrice;

/** A price with long-context tiers: the tier that the input reaches applies to the whole request. @publicApi */
export interface TieredPrice {
  readonly base: number;
  /** `price` applies if the input, including cached tokens, is longer than `above` tokens. The highest match wins. */
  readonly tiers: ReadonlyArray<{ readonly above: number; readonly price: number }>;
}

/** Prices of a model, with the facts shown on a receipt. @publicApi */
export interface FoundPrices {
  readonly prices: ModelPrices;
  /** The model name that matched. */
  readonly pricedAs: string;
  /** The price list with its version and date, and the start date of the price if the list has one. */
  readonly pricedFrom: string;
  /** Multipliers of token prices by service tier, speed or region. They take precedence over the published ones. */
  readonly multipliers?: Readonly<Record<string, number>> | undefined;
}

/** A price query. @publicApi */
export interface PriceQuery {
  /** As in `gen_ai.provider.name`. */
  readonly provider: string;
  /** The response model, else the requested model, as the provider names it. */
  readonly model: string;
  /** When the attempt started. */
  readonly at: Date;
}

/**
 * A custom price source. Called synchronously for each priced attempt, so it should answer from memory. If it throws,
 * the cost is unknown.
 *
 * @publicApi
 */
export interface PriceProvider {
  /** Returns the prices of a model; `null` if none are known. */
  find(query: PriceQuery): FoundPrices | null;
}

import type { ModelPrices, Price, PriceProvider } from './price-provider.js';

/**
 * Prices of your own by model name, such as a negotiated rate or a model that you host: USD per million tokens (per
 * thousand web searches and uses of other tools, per hour of audio), for the standard service tier; multipliers of other
 * tiers apply on top. A name also covers its dated versions (`gpt-4o` covers `gpt-4o-2024-08-06`); one that begins with
 * a provider (`azure.ai.openai/gpt-4o`, as in `gen_ai.provider.name`) is for that provider alone, and goes before. A
 * price that is left out is not known. Prices are held to the millionth of a dollar.
 *
 * @publicApi
 */
export type PriceOverrides = Readonly<Record<string, OverridePrices>>;

/** @publicApi */
export interface OverridePrices extends ModelPrices {
  readonly input: Price;
  readonly output: Price;
  /**
   * What a service tier, a speed or a place multiplies the prices of tokens by, in the provider's word for it:
   * `{ priority: 1.75, flex: 0.5 }`. Goes before the published multipliers.
   */
  readonly multipliers?: Readonly<Record<string, number>> | undefined;
}

/** Options of the module's `pricing`. @publicApi */
export interface PricingOptions {
  /** Looked at before any table. */
  readonly overrides?: PriceOverrides | undefined;
  /**
   * A JSON file of overrides, looked at before those in code: what it says holds within two seconds of a change, without
   * a restart. A file that is missing or wrong stops the application at its start, with a sentence; later the last good
   * prices hold, and the log says so.
   */
  readonly file?: string | undefined;
  /** A source of your own in place of the table of `@pydantic/genai-prices`. */
  readonly provider?: PriceProvider | undefined;
}

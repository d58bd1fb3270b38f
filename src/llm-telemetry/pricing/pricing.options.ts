import type { ModelPrices, Price, PriceProvider } from './price-provider.js';

/**
 * Custom prices by model name, such as negotiated rates or self-hosted models: USD per million tokens (per thousand web
 * searches and other tool uses, per hour of audio) in the standard service tier; multipliers of other tiers apply on
 * top.
 *
 * A name also matches its dated versions (`gpt-4o` matches `gpt-4o-2024-08-06`). A name with a provider prefix
 * (`azure.ai.openai/gpt-4o`, as in `gen_ai.provider.name`) applies to that provider only and takes precedence. Omitted
 * prices are unknown. Prices are rounded to a millionth of a dollar.
 *
 * @example { 'gpt-4o': { input: 2.5, cachedInput: 1.25, output: 10 } }
 *
 * @publicApi
 */
export type PriceOverrides = Readonly<Record<string, OverridePrices>>;

/** @publicApi */
export interface OverridePrices extends ModelPrices {
  readonly input: Price;
  readonly output: Price;
  /**
   * Multipliers of token prices by service tier, speed or region, as the provider names it. They take precedence over
   * the published multipliers.
   *
   * @example { priority: 1.75, flex: 0.5 }
   */
  readonly multipliers?: Readonly<Record<string, number>> | undefined;
}

/** Options of the module's `pricing`. @publicApi */
export interface PricingOptions {
  /**
   * Price overrides, which take precedence over the price table.
   *
   * @defaultValue none
   */
  readonly overrides?: PriceOverrides | undefined;
  /**
   * Path of a JSON file with overrides, which take precedence over `overrides`. Changes apply within two seconds,
   * without a restart. If the file is missing or invalid, the application does not start; after a later change, the
   * last valid prices remain in use and a warning is logged.
   *
   * @defaultValue none
   */
  readonly file?: string | undefined;
  /**
   * Custom price source that replaces the table of `@pydantic/genai-prices`.
   *
   * @defaultValue the table of `@pydantic/genai-prices`
   */
  readonly provider?: PriceProvider | undefined;
}

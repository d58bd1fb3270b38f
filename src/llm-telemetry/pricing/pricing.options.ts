import type { UsagePrices } from '../wire/usage.js';

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
  /**
   * Loads the update of the price table that `@pydantic/genai-prices` publishes, after the start and every `everyMs`
   * milliseconds (an hour to 24 days). It is validated, and calls do not wait for it. Without it, prices change with
   * the installed version of the package.
   *
   * @defaultValue none: no request is sent
   */
  readonly refresh?: { readonly everyMs: number } | undefined;
  /**
   * What a model costs at a cloud (Azure, Vertex AI) for which the table lists no price. `vendor`: the price of the
   * model's vendor, such as OpenAI, which the cloud may not follow at once; the receipt names it.
   *
   * @defaultValue none: the cost is unknown
   */
  readonly fallback?: 'vendor' | undefined;
  /**
   * Providers at hosts that the library does not know: gateways, proxies and self-hosted servers. Keys are a host or
   * `host:port`. Values are a provider name, recorded as `gen_ai.provider.name` and used to look up prices, or `native`
   * for a transparent proxy: the provider that defines the API of the request. `includeStreamUsage` applies to these
   * hosts. Without an entry, requests to an unknown host are recorded as `openai_compatible`, `anthropic_compatible` and
   * so on, and have a price in `overrides` only. At most 1,000 entries.
   *
   * @example { 'llm.internal': 'vllm', 'proxy.internal:8080': 'native' }
   *
   * @defaultValue none
   */
  readonly hosts?: Readonly<Record<string, string>> | undefined;
}

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
 * A custom price source. Called synchronously for each priced attempt, so it should read from memory. If it throws,
 * the cost is unknown.
 *
 * @publicApi
 */
export interface PriceProvider {
  /** Returns the prices of a model; `null` if none are known. */
  find(query: PriceQuery): FoundPrices | null;
}

import type { ModelPrices, PriceProvider } from './price-provider.js';

/** Options of the module's `pricing`. @publicApi */
export interface PricingOptions {
  /**
   * Your own prices by model name (a negotiated rate, a model of your own), before any table. USD per million tokens;
   * a price that is left out is not known.
   */
  readonly overrides?: Readonly<Record<string, ModelPrices>>;
  /** A source of your own in place of the table of `@pydantic/genai-prices`. */
  readonly provider?: PriceProvider;
}

/** Checks overrides when they are given. @throws TypeError which names the model and the field. */
export function validateOverrides(overrides: Readonly<Record<string, ModelPrices>>): void {
  for (const [model, prices] of Object.entries(overrides)) {
    const at = `pricing.overrides[${JSON.stringify(model)}]`;
    if (typeof prices !== 'object' || prices === null) throw new TypeError(`${at} is not an object of prices.`);
    for (const field of ['input', 'output'] as const) {
      if (prices[field] === undefined) throw new TypeError(`${at}.${field} is missing: USD per million tokens.`);
    }
    for (const [field, price] of Object.entries(prices)) {
      if (!FIELDS.has(field)) throw new TypeError(`${at}.${field} is not a kind of price (${[...FIELDS].join(', ')}).`);
      const values = typeof price === 'object' && price !== null ? tieredValues(price as object) : [price];
      if (!values.every(isPrice)) throw new TypeError(`${at}.${field} is not a price: a number of USD from 0.`);
    }
  }
}

const FIELDS: ReadonlySet<string> = new Set([
  'input',
  'output',
  'cachedInput',
  'cacheWrite5m',
  'cacheWrite1h',
  'audioInput',
  'audioOutput',
  'webSearch',
]);

function tieredValues(price: { base?: unknown; tiers?: unknown }): unknown[] {
  const tiers = Array.isArray(price.tiers) ? (price.tiers as Array<{ above?: unknown; price?: unknown }>) : [{}];
  return [price.base, ...tiers.flatMap((tier) => [tier.above, tier.price])];
}

function isPrice(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

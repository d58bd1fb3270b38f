import type { ModelPrices, Price, PriceProvider } from './price-provider.js';

/**
 * Prices of your own by model name, such as a negotiated rate or a model that you host: USD per million tokens (web
 * searches per thousand), for the standard service tier; published multipliers of other tiers apply on top. A name
 * also covers its dated versions (`gpt-4o` covers `gpt-4o-2024-08-06`). A price that is left out is not known.
 *
 * @publicApi
 */
export type PriceOverrides = Readonly<
  Record<string, ModelPrices & { readonly input: Price; readonly output: Price }>
>;

/** Options of the module's `pricing`. @publicApi */
export interface PricingOptions {
  /** Looked at before any table. */
  readonly overrides?: PriceOverrides;
  /** A source of your own in place of the table of `@pydantic/genai-prices`. */
  readonly provider?: PriceProvider;
}

/** Checks overrides when they are given. @throws TypeError in one sentence that names the model and the field. */
export function validateOverrides(overrides: PriceOverrides): void {
  if (!isObject(overrides))
    throw new TypeError('pricing.overrides is not an object of prices by model name.');
  for (const [model, prices] of Object.entries(overrides)) {
    const at = `pricing.overrides[${JSON.stringify(model)}]`;
    if (!isObject(prices)) throw new TypeError(`${at} is not an object of prices.`);
    for (const field of ['input', 'output'] as const) {
      if (prices[field] === undefined)
        throw new TypeError(`${at}.${field} is missing: USD per million tokens.`);
    }
    for (const [field, price] of Object.entries(prices)) validatePrice(`${at}.${field}`, field, price);
  }
}

function validatePrice(at: string, field: string, price: unknown): void {
  if (!FIELDS.has(field)) throw new TypeError(`${at} is not a kind of price (${[...FIELDS].join(', ')}).`);
  if (price === undefined) return;
  const values = isObject(price) ? tieredValues(price) : [price];
  if (values.every(isPrice)) return;
  throw new TypeError(
    `${at} is not a price: a number of USD from 0 to ${HIGHEST_PRICE}, not ${words(price)}.`,
  );
}

const FIELDS: ReadonlySet<string> = new Set<keyof ModelPrices>([
  'input',
  'output',
  'cachedInput',
  'cacheWrite5m',
  'cacheWrite1h',
  'audioInput',
  'audioOutput',
  'imageInput',
  'imageOutput',
  'audioTime',
  'webSearch',
]);

/** Beyond any price there is, and below what exact arithmetic could not hold. */
const HIGHEST_PRICE = 1000;

function tieredValues(price: { readonly base?: unknown; readonly tiers?: unknown }): unknown[] {
  if (!Array.isArray(price.tiers)) return [undefined];
  return [price.base, ...price.tiers.map((tier: { price?: unknown } | null) => tier?.price)].concat(
    // A length is no price, and may be longer than one.
    price.tiers.every((tier: { above?: unknown } | null) => Number.isSafeInteger(tier?.above))
      ? []
      : [undefined],
  );
}

function isPrice(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= HIGHEST_PRICE;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function words(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
}

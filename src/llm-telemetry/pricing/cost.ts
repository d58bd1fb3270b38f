import type { Cost, CostKind, CostLine, PricedUsage, Pricer } from '../call/cost.js';
import type { Usage } from '../wire/usage.js';
import { GenaiPrices } from './genai-prices.provider.js';
import { Overrides } from './overrides.js';
import type { FoundPrices, Price, PriceProvider } from './price-provider.js';
import type { PricingOptions } from './pricing.options.js';
import { tierMultiplier } from './service-tiers.js';

/**
 * Prices usages: overrides first, then the table, then `unknown`. The pricer never throws. A price provider that does
 * makes the cost unknown; `onFault` is told of it once.
 *
 * @throws TypeError at once, for overrides that are not prices.
 */
export function createPricer(
  options: PricingOptions = {},
  onFault: (error: unknown) => void = () => {},
): Pricer {
  const overrides = new Overrides(options.overrides ?? {});
  const table: PriceProvider = options.provider ?? new GenaiPrices();
  let faulty = false;
  return {
    price(priced) {
      try {
        return costOf(priced, overrides, table);
      } catch (error) {
        if (!faulty) onFault(error);
        faulty = true;
        return unknown('the price provider failed');
      }
    },
  };
}

function costOf(priced: PricedUsage, overrides: Overrides, table: PriceProvider): Cost {
  const { provider, model, usage, at } = priced;
  if (usage.source === 'missing') return unknown('the usage is not known');
  const own = overrides.find(model);
  const found = own ?? table.find({ provider, model, at: new Date(at) });
  if (!found) return unknown(`no price for ${provider} ${model}`);
  const multiplier = tierMultiplier(usage, provider, found.pricedAs);
  if (multiplier === null) return unknown(`no price for ${found.pricedAs} with ${tierWords(usage)}`);
  return charge(usage, found, multiplier, own ? 'override' : 'table');
}

/**
 * Amounts are added up in whole units of 10⁻¹⁵ USD, of which every published price of a token, multipliers included,
 * is a multiple: so nothing is rounded but the end, to the nearest double. Overrides are held to nine decimals.
 */
const UNITS_PER_USD = 1e15;

function charge(usage: Usage, found: FoundPrices, multiplier: number, source: 'table' | 'override'): Cost {
  const lines: CostLine[] = [];
  const rates: number[] = [];
  let units = 0;
  for (const kind of KINDS) {
    const quantity = quantityOf(kind, usage);
    if (quantity === 0) continue;
    if (!(quantity > 0) || !Number.isSafeInteger(quantity))
      return unknown(`the usage has no sound count of ${kind}`);
    const price = priceOf(found.prices[kind], usage.inputTokens);
    // Cached and audio tokens have no standard price to fall back on: what they cost without one is anybody's guess.
    if (price === undefined) return unknown(`no ${kind} price for ${found.pricedAs}`);
    // A tier changes the prices of tokens only.
    const unit = UNITS_PER_PRICE[kind] ?? UNITS_PER_TOKEN_PRICE;
    const rate = Math.round(price * unit * (unit === UNITS_PER_TOKEN_PRICE ? multiplier : 1));
    if (!(price >= 0) || !Number.isSafeInteger(rate))
      throw new TypeError(`${found.pricedAs}: ${kind} has no price`);
    units += quantity * rate;
    rates.push(rate);
    lines.push({
      kind,
      quantity,
      usdPerUnit: rate / unit,
      costUsd: toUsd(quantity, rate),
    });
  }
  const costUsd = Number.isSafeInteger(units) ? units / UNITS_PER_USD : exactSum(lines, rates);
  return { source, costUsd, lines, pricedAs: found.pricedAs, pricedFrom: found.pricedFrom };
}

/** Prices are for a million tokens, a thousand searches (counted one by one) or an hour (in milliseconds). */
const UNITS_PER_TOKEN_PRICE = UNITS_PER_USD / 1e6;
const UNITS_PER_PRICE: Partial<Record<CostKind, number>> = {
  webSearch: UNITS_PER_USD / 1e3,
  audioTime: UNITS_PER_USD / 3.6e6,
};

/** Reasoning tokens are charged as output. */
const KINDS: readonly CostKind[] = [
  'input',
  'cachedInput',
  'cacheWrite5m',
  'cacheWrite1h',
  'audioInput',
  'imageInput',
  'output',
  'audioOutput',
  'imageOutput',
  'audioTime',
  'webSearch',
];

/** How much is charged as a kind. Kinds exclude each other: what has a price of its own is not in `input` again. */
function quantityOf(kind: CostKind, usage: Usage): number {
  switch (kind) {
    case 'input': {
      const cached = usage.cachedInputTokens + usage.cacheWriteTokens5m + usage.cacheWriteTokens1h;
      return Math.max(0, usage.inputTokens - cached - usage.audioInputTokens - usage.imageInputTokens);
    }
    case 'cachedInput':
      return usage.cachedInputTokens;
    case 'cacheWrite5m':
      return usage.cacheWriteTokens5m;
    case 'cacheWrite1h':
      return usage.cacheWriteTokens1h;
    case 'audioInput':
      return usage.audioInputTokens;
    case 'imageInput':
      return usage.imageInputTokens;
    case 'output':
      return Math.max(0, usage.outputTokens - usage.audioOutputTokens - usage.imageOutputTokens);
    case 'audioOutput':
      return usage.audioOutputTokens;
    case 'imageOutput':
      return usage.imageOutputTokens;
    case 'audioTime':
      return Math.round(usage.audioSeconds * 1000);
    case 'webSearch':
      return usage.webSearchRequests;
  }
}

function priceOf(price: Price | undefined, inputTokens: number): number | undefined {
  if (price === undefined || typeof price === 'number') return price;
  let reached = -1;
  let usd = price.base;
  for (const tier of price.tiers) {
    if (inputTokens > tier.above && tier.above > reached) [reached, usd] = [tier.above, tier.price];
  }
  return usd;
}

function toUsd(quantity: number, rate: number): number {
  const units = quantity * rate;
  return Number.isSafeInteger(units) ? units / UNITS_PER_USD : nearest(BigInt(quantity) * BigInt(rate));
}

/** For amounts above $9, whose units a double no longer holds one by one. */
function exactSum(lines: readonly CostLine[], rates: readonly number[]): number {
  return nearest(lines.reduce((sum, line, index) => sum + BigInt(line.quantity) * BigInt(rates[index]!), 0n));
}

/** The double that is nearest to so many units, in USD: reading a decimal rounds once, and rightly. */
function nearest(units: bigint): number {
  return Number(`${units}e-15`);
}

function tierWords({ serviceTier, speed, geo }: Usage): string {
  return [
    serviceTier && `service tier ${serviceTier}`,
    speed && `speed ${speed}`,
    geo && `inference in ${geo}`,
  ]
    .filter(Boolean)
    .join(', ');
}

function unknown(reason: string): Cost {
  return { source: 'unknown', reason };
}

import type { Cost, CostKind, CostLine, PricedUsage, Pricer } from '../call/cost.js';
import type { Usage } from '../wire/usage.js';
import { GenaiPrices } from './genai-prices.provider.js';
import type { FoundPrices, Price, PriceProvider } from './price-provider.js';
import { validateOverrides, type PricingOptions } from './pricing.options.js';
import { tierMultiplier } from './service-tiers.js';

/**
 * Prices usages: overrides first, then the table, then `unknown`. The pricer itself never throws; a price provider
 * that does makes the cost unknown and is reported to `onFault`.
 *
 * @throws TypeError at once, for overrides that are not prices.
 */
export function createPricer(options: PricingOptions = {}, onFault: (error: unknown) => void = () => {}): Pricer {
  const overrides = options.overrides ?? {};
  validateOverrides(overrides);
  const table: PriceProvider = options.provider ?? new GenaiPrices();
  return {
    price(priced) {
      try {
        const own = Object.hasOwn(overrides, priced.model) ? overrides[priced.model] : undefined;
        if (own) return costOf(priced, { prices: own, pricedAs: priced.model, pricedFrom: 'overrides' }, 'override');
        const found = table.find({ provider: priced.provider, model: priced.model, at: new Date(priced.at) });
        return found ? costOf(priced, found, 'table') : unknown(`no price for ${priced.provider} ${priced.model}`);
      } catch (error) {
        onFault(error);
        return unknown('the price provider failed');
      }
    },
  };
}

function costOf(priced: PricedUsage, found: FoundPrices, source: 'table' | 'override'): Cost {
  const { usage, provider } = priced;
  const multiplier = source === 'override' ? 1 : tierMultiplier(usage, provider, found.pricedAs);
  if (multiplier === null) return unknown(`no price for ${found.pricedAs} on ${tierWords(usage)}`);
  const lines: CostLine[] = [];
  let pico = 0;
  for (const [kind, quantity] of quantities(usage)) {
    if (quantity === 0) continue;
    const price = priceOf(found, kind, usage.inputTokens);
    if (price === undefined) return unknown(`no ${kind} price for ${found.pricedAs}`);
    const isRequest = kind === 'webSearch';
    const usdPerUnit = isRequest ? price : Math.round(price * multiplier * PICO_PER_MICRO) / PICO_PER_MICRO;
    const linePico = quantity * Math.round(usdPerUnit * (isRequest ? PICO_PER_MILLI : PICO_PER_MICRO));
    pico += linePico;
    lines.push({ kind, quantity, usdPerUnit, costUsd: linePico / PICO_PER_USD });
  }
  return { source, costUsd: pico / PICO_PER_USD, lines, pricedAs: found.pricedAs, pricedFrom: found.pricedFrom };
}

/**
 * Amounts are added up in whole pico-dollars, which every published price a token is a multiple of: integers that a
 * double holds exactly up to $9,000 a call, where binary fractions of a dollar would drift.
 */
const PICO_PER_USD = 1e12;
/** A price of $1 a million tokens, by the token. */
const PICO_PER_MICRO = 1e6;
/** A price of $1 a thousand requests, by the request. */
const PICO_PER_MILLI = 1e9;

/** The kinds that are charged: input kinds exclude each other, and so do output kinds. Reasoning is charged as output. */
function quantities(usage: Usage): ReadonlyArray<readonly [CostKind, number]> {
  const { cachedInputTokens, cacheWriteTokens5m, cacheWriteTokens1h, audioInputTokens, audioOutputTokens } = usage;
  const rest = usage.inputTokens - cachedInputTokens - cacheWriteTokens5m - cacheWriteTokens1h - audioInputTokens;
  return [
    ['input', Math.max(0, rest)],
    ['cachedInput', cachedInputTokens],
    ['cacheWrite5m', cacheWriteTokens5m],
    ['cacheWrite1h', cacheWriteTokens1h],
    ['audioInput', audioInputTokens],
    ['output', Math.max(0, usage.outputTokens - audioOutputTokens)],
    ['audioOutput', audioOutputTokens],
    ['webSearch', usage.webSearchRequests],
  ];
}

function priceOf(found: FoundPrices, kind: CostKind, inputTokens: number): number | undefined {
  const price: Price | undefined = found.prices[kind];
  if (price === undefined || typeof price === 'number') return price;
  let at = price.base;
  for (const tier of price.tiers) if (inputTokens > tier.above) at = tier.price;
  return at;
}

function tierWords({ serviceTier, speed, geo }: Usage): string {
  return [serviceTier && `tier ${serviceTier}`, speed && `speed ${speed}`, geo && `geo ${geo}`].filter(Boolean).join(', ');
}

function unknown(reason: string): Cost {
  return { source: 'unknown', reason };
}

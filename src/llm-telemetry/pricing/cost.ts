import type { Cost, CostKind, PricedUsage, Pricer } from '../call/cost.js';
import type { Usage } from '../wire/usage.js';
import { GenaiPrices } from './genai-prices.provider.js';
import { overridesInCode } from './overrides.js';
import type { PriceFile } from './price-file.js';
import type { FoundPrices, Price, PriceProvider } from './price-provider.js';
import type { PricingOptions } from './pricing.options.js';
import { Receipt } from './receipt.js';
import { tierMultiplier } from './service-tiers.js';

/**
 * Prices usages: by the file first, then by the overrides in code, then by the table; then the cost is `unknown`. The
 * pricer never throws. A price provider that does makes the cost unknown; `onFault` is told of it once.
 *
 * @throws TypeError at once, for overrides that are not prices.
 */
export function createPricer(
  options: Omit<PricingOptions, 'file'> = {},
  onFault: (error: unknown) => void = () => {},
  file: PriceFile | null = null,
): Pricer {
  const overrides = overridesInCode(options.overrides ?? {});
  const table: PriceProvider = options.provider ?? new GenaiPrices();
  let faulty = false;
  return {
    price(priced) {
      try {
        const own = file?.overrides.find(priced) ?? overrides.find(priced);
        return costOf(priced, own, table);
      } catch (error) {
        if (!faulty) onFault(error);
        faulty = true;
        return unknown('the price provider failed');
      }
    },
    close: () => file?.close(),
  };
}

function costOf(priced: PricedUsage, own: FoundPrices | null, table: PriceProvider): Cost {
  const { provider, model, usage, at } = priced;
  if (usage.source === 'missing') return unknown('the usage is not known');
  const found = own ?? table.find({ provider, model, at: new Date(at) });
  if (!found) return unknown(`no price for ${provider} ${model}`);
  const multiplier = tierMultiplier(usage, provider, found);
  if (multiplier === null) return unknown(`no price for ${found.pricedAs} with ${tierWords(usage)}`);
  return charge(usage, found, multiplier, own ? 'override' : 'table');
}

function charge(usage: Usage, found: FoundPrices, multiplier: number, source: 'table' | 'override'): Cost {
  const { prices, pricedAs, pricedFrom } = found;
  const receipt = new Receipt(pricedAs, multiplier);
  for (const kind of KINDS) {
    const quantity = quantityOf(kind, usage);
    if (quantity === 0) continue;
    const price = priceOf(prices[kind], usage.inputTokens);
    if (kind === 'output') receipt.addOutput(quantity, price, usage.reasoningTokens);
    else receipt.add(kind, quantity, price);
  }
  for (const tool in usage.toolUses) {
    const uses = usage.toolUses[tool]!;
    if (uses !== 0) receipt.addTool(tool, uses, prices.tools?.[tool]);
  }
  if (receipt.reason !== null) return unknown(receipt.reason);
  return { source, costUsd: receipt.costUsd, lines: receipt.lines, pricedAs, pricedFrom };
}

/** Kinds that each usage may have. Reasoning tokens are charged as output. */
const KINDS = [
  'input',
  'cachedInput',
  'cacheWrite5m',
  'cacheWrite1h',
  'cacheWrite12h',
  'audioInput',
  'imageInput',
  'output',
  'audioOutput',
  'imageOutput',
  'audioTime',
  'webSearch',
] as const satisfies readonly CostKind[];

/** How much is charged as a kind. Kinds exclude each other: what has a price of its own is not in `input` again. */
function quantityOf(kind: (typeof KINDS)[number], usage: Usage): number {
  switch (kind) {
    case 'input': {
      const cached =
        usage.cachedInputTokens +
        usage.cacheWriteTokens5m +
        usage.cacheWriteTokens1h +
        usage.cacheWriteTokens12h;
      return Math.max(0, usage.inputTokens - cached - usage.audioInputTokens - usage.imageInputTokens);
    }
    case 'cachedInput':
      return usage.cachedInputTokens;
    case 'cacheWrite5m':
      return usage.cacheWriteTokens5m;
    case 'cacheWrite1h':
      return usage.cacheWriteTokens1h;
    case 'cacheWrite12h':
      return usage.cacheWriteTokens12h;
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

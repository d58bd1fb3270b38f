import type { Cost, CostReasonCode, PricedUsage, PriceMultiplier, Pricer } from '../calls/cost.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import type { RequestInputs } from '../wire/response-draft.js';
import { estimateTokens } from '../wire/to-usage.js';
import { NO_USAGE, usedParts, type Usage, type UsedPart } from '../wire/usage.js';
import { GenaiPrices } from './genai-prices.provider.js';
import { multipliersOf, priceFacts } from './multipliers.js';
import { Overrides } from './overrides.js';
import type { PriceFile } from './price-file.js';
import type { PriceTable } from './price-table.js';
import type { FoundPrices, PriceProvider, PricingOptions } from './pricing.options.js';
import { Receipt } from './receipt.js';

/** Two pricers that share the same prices. */
export interface Pricers {
  /** Prices recorded calls: warns about missing prices and owns the price file. */
  readonly calls: Pricer;
  /** Prices hypothetical calls: does not warn about missing prices. */
  readonly whatIf: Pricer;
  /** `null` if the application replaces the table by a price provider. */
  readonly table: PriceTable | null;
  /** Loads the table and starts its updates. Called once the application has started. Never throws. */
  start(): void;
}

/**
 * Creates a pricer that looks up prices in the file, the overrides in code and the table, in this order. Without a
 * price, the cost is `unknown`. The pricer never throws: if the price provider throws, the cost is `unknown` and
 * `onFault` is called once.
 */
export function createPricer(
  options: Omit<PricingOptions, 'file'> = {},
  { file = null, table: prices, onFault, onUnknown, onClose }: PricerParts = {},
): Pricer {
  const overrides = new Overrides(options.overrides ?? {}, 'overrides in code');
  const table: PriceProvider = options.provider ?? new GenaiPrices(options.fallback, prices);
  let faulty = false;
  return {
    price(priced) {
      try {
        const own = file?.overrides.find(priced) ?? overrides.find(priced);
        const cost = costOf(priced, own, table);
        if (cost.source === 'unknown' && priced.usage.source !== 'missing') onUnknown?.(cost.reason);
        return cost;
      } catch (error) {
        if (!faulty) onFault?.(error);
        faulty = true;
        return unknown('price_provider_failed', 'the price provider failed');
      }
    },
    close: () => {
      file?.close();
      onClose?.();
    },
  };
}

interface PricerParts {
  readonly file?: PriceFile | null;
  /** @defaultValue the table of the installed package */
  readonly table?: PriceTable | undefined;
  readonly onFault?: (error: unknown) => void;
  /** Called for each usage without a price, with a reason that names the model. */
  readonly onUnknown?: (reason: string) => void;
  /** Called when the pricer is closed. */
  readonly onClose?: () => void;
}

function costOf(priced: PricedUsage, own: FoundPrices | null, table: PriceProvider): Cost {
  const { provider, model, usage, place = null, requestInputs, at } = priced;
  if (usage.source === 'missing') return unknown('missing_usage', 'the usage is not known');
  const found = own ?? table.find({ provider, model, at: new Date(at) });
  if (!found) return unknown('unpriced_model', `no price for ${provider} ${model}`);
  const multipliers = multipliersOf(priceFacts(usage, place), provider, found);
  if ('unknown' in multipliers)
    return unknown(multipliers.reasonCode, `no price for ${found.pricedAs} with ${multipliers.unknown}`);
  const inputs = requestInputs ?? { least: usage.inputTokens, most: usage.inputTokens };
  return charge(usage, found, multipliers, inputs, own ? 'override' : 'table');
}

function charge(
  usage: Usage,
  found: FoundPrices,
  multipliers: readonly PriceMultiplier[],
  inputs: RequestInputs,
  source: 'table' | 'override',
): Cost {
  const { prices, pricedAs, pricedFrom } = found;
  let factor = 1;
  for (const multiplier of multipliers) factor *= multiplier.factor;
  const receipt = new Receipt(pricedAs, inputs, factor);
  const used = usedParts(usage);
  for (const part of used) addPart(receipt, part, usage, used, prices);
  for (const tool in usage.toolUses) receipt.addTool(tool, usage.toolUses[tool]!, prices.tools?.[tool]);
  const { failure } = receipt;
  if (failure) return unknown(failure.reasonCode, failure.reason);
  const cost = { source, costUsd: receipt.costUsd, lines: receipt.lines, pricedAs, pricedFrom };
  return multipliers.length === 0 ? cost : { ...cost, multipliers };
}

function addPart(
  receipt: Receipt,
  { row, count }: UsedPart,
  usage: Usage,
  used: readonly UsedPart[],
  prices: FoundPrices['prices'],
): void {
  const { kind, price } = row;
  // Shares are charged with their total.
  if (price === null) return;
  if (kind === 'seconds') receipt.addTime(price, Math.round(count * 1000), prices[price]);
  else if (kind === 'uses') receipt.addUses(price, count, prices[price]);
  else if (kind === 'part') receipt.addTokens(price, count, prices[price]);
  else if (row.of === 'input') receipt.addTokens('input', plainTokens('input', count, used), prices.input);
  else receipt.addOutput(plainTokens('output', count, used), prices.output, usage.reasoningTokens ?? 0);
}

/** Subtracts the parts with separate lines, so no token is charged twice. */
function plainTokens(of: 'input' | 'output', total: number, used: readonly UsedPart[]): number {
  let plain = total;
  for (const { row, count } of used) if (row.kind === 'part' && row.of === of) plain -= count;
  return Math.max(0, plain);
}

function unknown(reasonCode: CostReasonCode, reason: string): Cost {
  return { source: 'unknown', reason, reasonCode };
}

/** Assumed output tokens of a request without a limit. */
const DEFAULT_OUTPUT_TOKENS = 1000;

/** Operations that generate output tokens, up to the limit in the request. */
const GENERATING: ReadonlySet<string> = new Set(['chat', 'text_completion']);

/**
 * Estimates the maximum cost of a request in USD before it is sent: its input, estimated from the text, and its output
 * limit. Returns `null` if the body cannot be read, the model has no price, or the operation is not billed by text
 * tokens (images, audio).
 *
 * @param at - Unix milliseconds
 */
export function estimateRequest(exchange: Exchange, pricer: Pricer, at: number): number | null {
  const { provider, parameters, place, format } = exchange.request;
  const { model, maxTokens, choiceCount = 1 } = parameters;
  const generates = GENERATING.has(format.operation);
  if (model === null || !(generates || format.operation === 'embeddings')) return null;
  const bytes = exchange.inputBytes();
  if (bytes === null) return null;
  const usage = {
    ...NO_USAGE,
    inputTokens: estimateTokens(bytes),
    outputTokens: generates ? (maxTokens ?? DEFAULT_OUTPUT_TOKENS) * choiceCount : 0,
    source: 'estimated' as const,
  };
  const cost = pricer.price({ provider, model, usage, place, at });
  return cost.source === 'unknown' ? null : cost.costUsd;
}

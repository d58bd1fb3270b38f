import { findProvider, type ConditionalPrice, type MatchLogic, type ModelInfo, type ModelPrice } from '@pydantic/genai-prices';
import type { FoundPrices, ModelPrices, Price, PriceProvider } from './price-provider.js';

/** The version of `@pydantic/genai-prices` that this package depends on: the table comes with it and never changes at run time. */
const TABLE = '@pydantic/genai-prices 0.1.8';

/** Its provider ids, by `gen_ai.provider.name`. A provider that is not here has no list prices that are known. */
const PROVIDER_IDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['openai', ['openai']],
  ['anthropic', ['anthropic']],
  ['azure.ai.openai', ['azure', 'openai']],
  ['aws.bedrock', ['aws']],
  ['gcp.vertex_ai', ['google']],
  ['gcp.gemini', ['google']],
  ['groq', ['groq']],
  ['mistral_ai', ['mistral']],
  ['deepseek', ['deepseek']],
  ['x_ai', ['x-ai']],
  ['perplexity', ['perplexity']],
  ['cohere', ['cohere']],
]);

const CACHE_SIZE = 1000;

/**
 * The table of `@pydantic/genai-prices`, matched strictly. The package's own look-up takes prefixes (it would price
 * `claude-sonnet-5-5` as `claude-sonnet-5`): here a match counts only when what remains of the name is nothing, a date
 * or `-latest`. No network, no warnings, nothing thrown.
 */
export class GenaiPrices implements PriceProvider {
  private readonly cache = new Map<string, FoundPrices | null>();

  find({ provider, model, at }: { provider: string; model: string; at: Date }): FoundPrices | null {
    const key = `${provider} ${model} ${Math.floor(at.getTime() / DAY_MS)}`;
    const cached = this.cache.get(key);
    if (cached !== undefined) return cached;
    const found = lookUp(provider, model, at);
    // Model names come from outside: what is remembered is bounded.
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    this.cache.set(key, found);
    return found;
  }
}

const DAY_MS = 86_400_000;

function lookUp(provider: string, model: string, at: Date): FoundPrices | null {
  const name = canonicalName(model);
  for (const providerId of PROVIDER_IDS.get(provider) ?? []) {
    const info = findProvider({ providerId })?.models.find((candidate) => isNamed(candidate, name));
    const price = info && priceAt(info.prices, at);
    const prices = price && modelPrices(price);
    if (prices) return { prices, pricedAs: info.id, pricedFrom: TABLE };
  }
  return null;
}

/** A gateway's `openai/` goes; of a fine-tuned model's name the organisation and the id go. */
function canonicalName(model: string): string {
  const name = model.toLowerCase().replace(/^(openai|anthropic)\//, '');
  return name.startsWith('ft:') ? name.split(':').slice(0, 2).join(':') : name;
}

/** A date, or the alias for the newest one; Vertex separates dates by `@`, Bedrock ends names in a version. */
const DATE = /([-@](\d{8}|\d{4}-\d{2}-\d{2})|-latest|@latest)?(-v\d+(:\d+)?)?$/;

function isNamed(info: ModelInfo, name: string): boolean {
  const undated = name.replace(DATE, '');
  return info.id === name || info.id === undated || matches(info.match, name, undated);
}

function matches(logic: MatchLogic, name: string, undated: string): boolean {
  if ('equals' in logic) return logic.equals === name || logic.equals === undated;
  if ('or' in logic) return logic.or.some((clause) => matches(clause, name, undated));
  // A prefix that reaches into the date (`claude-sonnet-4-2025`) says nothing more than the name before it.
  if ('starts_with' in logic) {
    const prefix = logic.starts_with;
    if (prefix === undated) return true;
    return name !== undated && name.startsWith(prefix) && /^[-@][\d-]*$/.test(prefix.slice(undated.length)) && prefix.startsWith(undated);
  }
  return false;
}

function priceAt(prices: ConditionalPrice[] | ModelPrice, at: Date): ModelPrice | null {
  if (!Array.isArray(prices)) return prices;
  const day = at.toISOString().slice(0, 10);
  let found: ModelPrice | null = null;
  for (const { constraint, prices: price } of prices) {
    // Prices by the time of day cannot be told from a day: not known.
    if (constraint?.type === 'time_of_date') return null;
    if (!constraint || constraint.start_date <= day) found = price;
  }
  return found;
}

function modelPrices(table: ModelPrice): ModelPrices | null {
  const input = price(table['input_mtok']);
  const output = price(table['output_mtok']);
  if (input === undefined) return null;
  const webSearch = table['web_searches_kcount'];
  return {
    input,
    // Models without an output (embeddings) charge for none.
    output: output ?? 0,
    cachedInput: price(table['cache_read_mtok']),
    cacheWrite5m: price(table['cache_write_mtok']),
    cacheWrite1h: price(table['cache_write_1h_mtok']),
    audioInput: price(table['input_audio_mtok']),
    audioOutput: price(table['output_audio_mtok']),
    webSearch: typeof webSearch === 'number' ? webSearch : undefined,
  };
}

function price(value: ModelPrice[string]): Price | undefined {
  if (value === undefined || typeof value === 'number') return value;
  return { base: value.base, tiers: value.tiers.map(({ start, price }) => ({ above: start, price })) };
}

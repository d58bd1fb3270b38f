import {
  findProvider,
  type ConditionalPrice,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from '@pydantic/genai-prices';
import { USAGE_ROWS, type UsagePriceName } from '../wire/usage.js';
import { canonicalName, isVersionOf } from './model-name.js';
import type { FoundPrices, ModelPrices, Price, PriceProvider, PriceQuery } from './price-provider.js';

/** The version that this package depends on, with its date: the table comes with it, and does not change at run time. */
export const PRICE_TABLE = '@pydantic/genai-prices 0.1.8 of 2026-09-23';

const CACHE_SIZE = 1000;
const DAY_MS = 86_400_000;

/**
 * The table of `@pydantic/genai-prices`, matched strictly. Its own look-up takes prefixes, warns on the console and
 * throws at inconsistent usages; here only its data is used. No network, nothing printed, nothing thrown.
 */
export class GenaiPrices implements PriceProvider {
  /** By provider and model. */
  private readonly cache = new Map<string, Map<string, CachedPrices>>();
  private cached = 0;

  find({ provider, model, at }: PriceQuery): FoundPrices | null {
    const day = Math.floor(at.getTime() / DAY_MS);
    const cached = this.cache.get(provider)?.get(model);
    if (cached?.day === day) return cached.found;
    const info = findModel(provider, model);
    const found = info ? pricesOf(info, provider, at) : null;
    this.remember(provider, model, { day: info && isByTheHour(info) ? NEVER : day, found });
    return found;
  }

  /** Names come from outside: what is remembered of them is bounded. */
  private remember(provider: string, model: string, prices: CachedPrices): void {
    if (this.cached++ >= CACHE_SIZE) {
      this.cache.clear();
      this.cached = 1;
    }
    let models = this.cache.get(provider);
    if (!models) this.cache.set(provider, (models = new Map()));
    models.set(model, prices);
  }
}

interface CachedPrices {
  /** Days since 1970, UTC, on which `found` holds. */
  readonly day: number;
  readonly found: FoundPrices | null;
}

const NEVER = Number.NaN;

/**
 * How the table spells providers, by `gen_ai.provider.name`, and what may follow a model's name there besides a date.
 * Azure and Vertex sell other makers' models at the makers' prices, where they have none of their own. A provider that
 * is not here is not known, and a model that somebody hosts is not billed at list price, whatever its name.
 */
const PROVIDERS: ReadonlyMap<string, TableProvider> = new Map<string, TableProvider>([
  ['openai', { ids: ['openai'] }],
  ['anthropic', { ids: ['anthropic'] }],
  ['azure.ai.openai', { ids: ['azure', 'openai'] }],
  ['azure.ai.inference', { ids: ['azure', 'openai', 'anthropic', 'deepseek', 'x-ai'] }],
  // `us.anthropic.claude-haiku-4-5-20251001-v1:0`, maybe at the end of an ARN; regions have prices of their own.
  ['aws.bedrock', { ids: ['aws'], names: bedrockNames, version: /(?:-v\d+)?(?::\d+)?$/ }],
  // `gemini-2.0-flash-001`
  ['gcp.vertex_ai', { ids: ['google', 'anthropic'], version: /(?:-\d{3})?$/ }],
  ['gcp.gemini', { ids: ['google'], version: /(?:-\d{3})?$/ }],
  ['groq', { ids: ['groq'], names: (model) => [model.toLowerCase()] }],
  ['mistral_ai', { ids: ['mistral'] }],
  ['deepseek', { ids: ['deepseek'] }],
  ['x_ai', { ids: ['x-ai'] }],
  ['perplexity', { ids: ['perplexity'] }],
  ['cohere', { ids: ['cohere'] }],
  ['openrouter', { ids: ['openrouter'], names: (model) => [model.toLowerCase()] }],
]);

interface TableProvider {
  readonly ids: readonly string[];
  /** The names under which a model may be in the table, the best first. Default: its canonical name. */
  readonly names?: (model: string) => readonly string[];
  /** What else may end a name. */
  readonly version?: RegExp;
}

/** The providers whose models the table has, as in `gen_ai.provider.name`. */
export function tableProviders(): readonly string[] {
  return [...PROVIDERS.keys()];
}

/** The names of a provider's models in the table. */
export function tableModels(provider: string): readonly string[] {
  const ids = PROVIDERS.get(provider)?.ids ?? [];
  return ids.flatMap((id) => findProvider({ providerId: id })?.models.map((model) => model.id) ?? []);
}

function findModel(provider: string, model: string): ModelInfo | null {
  const known = PROVIDERS.get(provider);
  // Billed by the request too, whether it searched or not: a fee that neither the table nor the answer tells.
  if (!known || model.includes('-search-preview')) return null;
  const names = known.names?.(model) ?? [canonicalName(model)];
  for (const id of known.ids) {
    const models = findProvider({ providerId: id })?.models ?? [];
    for (const name of names) {
      const info =
        findNamed(models, name) ?? (known.version && findNamed(models, name.replace(known.version, '')));
      if (info) return info;
    }
  }
  return null;
}

/** The model that is named so; else the one of which the name is a version, by the longest name. */
function findNamed(models: readonly ModelInfo[], name: string): ModelInfo | undefined {
  const exact = models.find((info) => info.id === name || namesExactly(info.match, name));
  if (exact) return exact;
  let best: ModelInfo | undefined;
  let length = 0;
  for (const info of models) {
    for (const base of [info.id, ...basesOf(info.match)]) {
      if (base.length > length && isPricedAs(name, base)) [best, length] = [info, base.length];
    }
  }
  return best;
}

function namesExactly(logic: MatchLogic, name: string): boolean {
  if ('or' in logic) return logic.or.some((clause) => namesExactly(clause, name));
  if ('equals' in logic) return logic.equals.toLowerCase() === name;
  // A pattern for the whole name (a model and its dates) is as good as the name; an open one is a prefix.
  if ('regex' in logic) return /^\^.*\$$/.test(logic.regex) && new RegExp(logic.regex).test(name);
  return false;
}

/** Every name or part of a name that a model is matched by, without the beginning of a date at its end. */
function basesOf(logic: MatchLogic): readonly string[] {
  if ('or' in logic) return logic.or.flatMap(basesOf);
  if ('and' in logic) return logic.and.flatMap(basesOf);
  if ('regex' in logic) return [];
  return Object.values(logic).map((text: string) => text.toLowerCase().replace(DATE_BEGUN, ''));
}

const DATE_BEGUN = /[-@](?:20\d{0,5}|20\d\d-[\d-]{0,4})?$/;

/** All versions of a fine-tuned base have one price, those with a date of four digits too (`ft:gpt-3.5-turbo-0125`). */
function isPricedAs(name: string, base: string): boolean {
  return (
    isVersionOf(name, base) ||
    (name.startsWith('ft:') && name.startsWith(base) && /^-\d{4}$/.test(name.slice(base.length)))
  );
}

function bedrockNames(model: string): readonly string[] {
  const name = model.toLowerCase().slice(model.lastIndexOf('/') + 1);
  const inRegion = name.replace(/^(?:us|us-gov|eu|apac|jp|au|ca|in|sa|me|af|il|uk|mx)\./, '');
  // Older models are in the table without their maker. `global.` stays: it has prices of its own.
  return [name, inRegion, inRegion.replace(/^(?:anthropic|amazon|meta|mistral)\./, '')];
}

function pricesOf(info: ModelInfo, provider: string, at: Date): FoundPrices | null {
  const { prices: table, since } = priceAt(info.prices, at);
  const prices = toModelPrices(table, info.id, provider);
  return (
    prices && {
      prices,
      pricedAs: info.id,
      pricedFrom: since ? `${PRICE_TABLE}, price since ${since}` : PRICE_TABLE,
    }
  );
}

/** Of prices that replace each other the last one that holds; the first where none does. */
function priceAt(prices: ConditionalPrice[] | ModelPrice, at: Date): { prices: ModelPrice; since?: string } {
  if (!Array.isArray(prices)) return { prices };
  const found =
    prices.findLast(({ constraint }) => constraint === undefined || holds(constraint, at)) ?? prices[0]!;
  const { constraint } = found;
  return {
    prices: found.prices,
    since: constraint?.type === 'start_date' ? constraint.start_date : undefined,
  };
}

function holds(constraint: NonNullable<ConditionalPrice['constraint']>, at: Date): boolean {
  if (constraint.type === 'start_date') return at >= new Date(constraint.start_date);
  const time = at.toISOString().slice(11, 19);
  const [start, end] = [constraint.start_time.slice(0, 8), constraint.end_time.slice(0, 8)];
  return start <= end ? time >= start && time < end : time >= start || time < end;
}

function isByTheHour({ prices }: ModelInfo): boolean {
  return Array.isArray(prices) && prices.some(({ constraint }) => constraint?.type === 'time_of_date');
}

/**
 * Keys of the table that a usage can be charged by, and those of features that a usage of text does not touch. A model
 * with any other price (by the request, the image, the citation) would be charged too little: not known.
 */
const CHARGED = new Set([
  ...USAGE_ROWS.flatMap(({ priceKeys }) => priceKeys),
  'storage_searches_kcount',
  'cache_audio_read_mtok',
  'cache_image_read_mtok',
]);

function toModelPrices(table: ModelPrice, id: string, provider: string): ModelPrices | null {
  if (!Object.keys(table).every((key) => CHARGED.has(key))) return null;
  const listed = listedPrices(table);
  const { input, output, cacheWrite5m, audioTime } = listed;
  if (input === undefined) return audioTime === undefined ? null : { audioTime };
  // What OpenAI lists no discount or surcharge for it charges as input; that of fine-tuned models it lists elsewhere.
  const unlisted = isOfOpenai(provider) && !id.startsWith('ft:') ? input : undefined;
  return {
    input,
    output,
    ...listed,
    cachedInput: listed.cachedInput ?? unlisted,
    cacheWrite5m: cacheWrite5m ?? unlisted,
    // Whether a longer lifetime costs more is not listed; where writing costs nothing besides, it does not either.
    cacheWrite12h: cacheWrite5m === undefined ? unlisted : undefined,
    // Anthropic: a write that lasts an hour costs twice the input, wherever the model is bought.
    cacheWrite1h:
      listed.cacheWrite1h ?? (cacheWrite5m && id.includes('claude-') ? times(2, input) : undefined),
    // A model that draws has one price for what it gives out, unless another is listed; a picture is read as text is.
    imageInput: listed.imageInput ?? input,
    imageOutput: listed.imageOutput ?? output,
    tools: toolsOf(table),
  };
}

/** The prices that the table lists for the parts of a usage, by the keys in their rows. */
function listedPrices(table: ModelPrice): { [Name in UsagePriceName]?: Price | undefined } {
  const listed: { [Name in UsagePriceName]?: Price | undefined } = {};
  for (const { price, priceKeys } of USAGE_ROWS) {
    const key = priceKeys.find((key) => table[key] !== undefined);
    if (price !== null && key !== undefined) listed[price] = toPrice(table[key]);
  }
  return listed;
}

/** `storage_searches` are OpenAI's file searches. */
function toolsOf(table: ModelPrice): ModelPrices['tools'] {
  const fileSearch = table['storage_searches_kcount'];
  return typeof fileSearch === 'number' ? { file_search: fileSearch } : undefined;
}

function isOfOpenai(provider: string): boolean {
  return provider === 'openai' || provider === 'azure.ai.openai';
}

function toPrice(value: ModelPrice[string]): Price | undefined {
  if (value === undefined || typeof value === 'number') return value;
  return { base: value.base, tiers: value.tiers.map(({ start, price }) => ({ above: start, price })) };
}

function times(factor: number, price: Price): Price {
  if (typeof price === 'number') return factor * price;
  const tiers = price.tiers.map((tier) => ({ above: tier.above, price: factor * tier.price }));
  return { base: factor * price.base, tiers };
}

import type { ConditionalPrice, MatchLogic, ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import { USAGE_ROWS, type UsagePriceName } from '../wire/usage.js';
import { bedrockNames, canonicalName, isVersionOf, lastSegment, lowerCaseName } from './model-name.js';
import { PriceTable } from './price-table.js';
import { DAY } from '../units/time.js';
import type {
  FoundPrices,
  ModelPrices,
  Price,
  PriceProvider,
  PriceQuery,
  PricingOptions,
} from './pricing.options.js';

const CACHE_SIZE = 1000;

/**
 * Looks up prices in the table of `@pydantic/genai-prices` with strict name matching. Only the data of the package is
 * used: its own lookup matches prefixes, writes warnings to the console and throws on inconsistent usage. Uses no
 * network and never throws.
 */
export class GenaiPrices implements PriceProvider {
  /** Keyed by provider, then by model. */
  private readonly cache = new Map<string, Map<string, CachedPrices>>();
  private cached = 0;
  /** Updates of the table that the cache has seen. */
  private updates = 0;

  /** @param fallback - `vendor`: where a cloud lists no price, that of the model's vendor applies */
  constructor(
    private readonly fallback?: PricingOptions['fallback'],
    private readonly table = new PriceTable(),
  ) {}

  find({ provider, model, at }: PriceQuery): FoundPrices | null {
    const day = Math.floor(at.getTime() / DAY);
    if (this.updates !== this.table.updates) {
      this.updates = this.table.updates;
      this.cache.clear();
      this.cached = 0;
    }
    const cached = this.cache.get(provider)?.get(model);
    if (cached?.day === day) return cached.found;
    const { table } = this;
    const vendor = vendorOf(provider, model);
    const listed = firstOf(vendor.names, (name) => findModel(table, vendor.provider, name));
    const info =
      listed ??
      (this.fallback === 'vendor'
        ? firstOf(vendor.names, (name) => findAtVendor(table, vendor.provider, name))
        : null);
    const found = info ? pricesOf(info, vendor.provider, at, table, listed === null) : null;
    this.remember(provider, model, { day: info && hasTimeOfDayPrice(info) ? NEVER : day, found });
    return found;
  }

  /** Bounds the cache, because names come from requests. */
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
  /** Day on which `found` is valid, in days since 1970-01-01 UTC. */
  readonly day: number;
  readonly found: FoundPrices | null;
}

const NEVER = Number.NaN;

function firstOf<T>(names: readonly string[], find: (name: string) => T | null): T | null {
  for (const name of names) {
    const found = find(name);
    if (found !== null) return found;
  }
  return null;
}

/** Rules of Gemini, in the Gemini API and on Vertex AI. */
const GEMINI = {
  imagesAtInputPrice: true,
  audioAtInputPrice: /^gemini-(?:2\.5-pro|3(?:\.\d)?-pro(?:-preview)?|3\.[5-9]-flash)$/,
} as const;

/**
 * Maps `gen_ai.provider.name` to the provider ids of the table and to its naming rules. Providers that are not in this
 * map have no prices: a self-hosted model is not billed at list price, whatever its name.
 */
const PROVIDERS: ReadonlyMap<string, TableProvider> = new Map<string, TableProvider>([
  ['openai', { ids: ['openai'], unlistedAtInputPrice: true, imagesAtInputPrice: true }],
  ['anthropic', { ids: ['anthropic'] }],
  // Azure does not follow OpenAI's price cuts at once, so a vendor's price is no price of Azure.
  [
    'azure.ai.openai',
    {
      ids: ['azure'],
      vendors: ['openai'],
      // Source: https://azure.microsoft.com/pricing/details/cognitive-services/openai-service, “Global”, 2025-12.
      atVendorPrice: /^gpt-(?:4o|4o-mini|4\.1|5)$/,
      unlistedAtInputPrice: true,
      imagesAtInputPrice: true,
    },
  ],
  // Claude costs the same as at Anthropic. Source: Anthropic's documentation, “Claude in Microsoft Foundry”, “Billing”.
  [
    'azure.ai.inference',
    {
      ids: ['azure', 'anthropic'],
      vendors: ['openai', 'deepseek', 'x-ai', 'moonshotai', 'mistral', 'cohere'],
    },
  ],
  // `us.anthropic.claude-haiku-4-5-20251001-v1:0`, possibly at the end of an ARN. Prices differ by region.
  ['aws.bedrock', { ids: ['aws'], names: bedrockNames, version: /(?:-v\d+)?(?::\d+)?$/ }],
  // `gemini-2.0-flash-001`. Claude costs the same as at Anthropic, apart from the surcharge of regions.
  [
    'gcp.vertex_ai',
    {
      ids: ['google', 'anthropic'],
      vendors: ['mistral', 'deepseek', 'x-ai'],
      version: /(?:-\d{3})?$/,
      ...GEMINI,
    },
  ],
  ['gcp.gemini', { ids: ['google'], version: /(?:-\d{3})?$/, ...GEMINI }],
  ['groq', { ids: ['groq'], names: lowerCaseName }],
  ['mistral_ai', { ids: ['mistral'] }],
  ['deepseek', { ids: ['deepseek'] }],
  ['x_ai', { ids: ['x-ai'] }],
  ['perplexity', { ids: ['perplexity'] }],
  ['cohere', { ids: ['cohere'] }],
  ['openrouter', { ids: ['openrouter'], names: lowerCaseName }],
  ['moonshot_ai', { ids: ['moonshotai'] }],
  ['cerebras', { ids: ['cerebras'] }],
  ['together', { ids: ['together'], names: lowerCaseName }],
  ['novita', { ids: ['novita'], names: lowerCaseName }],
  // `accounts/fireworks/models/deepseek-v3p2`
  ['fireworks', { ids: ['fireworks'], names: (model) => [lastSegment(model)] }],
  ['minimax', { ids: ['minimax'] }],
  ['zhipu', { ids: ['zai'] }],
  ['cloudflare.workers_ai', { ids: ['cloudflare'], names: lowerCaseName }],
  ['voyage', { ids: ['voyageai'] }],
]);

interface TableProvider {
  readonly ids: readonly string[];
  /** Ids of vendors whose prices apply with `pricing.fallback: 'vendor'` if the provider lists none. */
  readonly vendors?: readonly string[];
  /** Models, as the table names them, whose price at the provider is published and that of the vendor. */
  readonly atVendorPrice?: RegExp;
  /** Returns the names to look up, best match first. @defaultValue the canonical name */
  readonly names?: (model: string) => readonly string[];
  /** Version suffix that is removed if the full name is not found. */
  readonly version?: RegExp;
  /**
   * Set if cached input and cache writes without a listed price cost the input price. Fine-tuned models are listed
   * elsewhere. Source: OpenAI's pricing page, “Text tokens”: “–” in the column “Cached input”. Assumed for Azure OpenAI, too.
   */
  readonly unlistedAtInputPrice?: true;
  /**
   * Set if images in the input cost the same as text unless they have a separate price. Sources: OpenAI's guide “Images
   * and vision”, “Calculating costs”; Google's pricing page, “Input price (text / image / video)”.
   */
  readonly imagesAtInputPrice?: true;
  /**
   * Models whose price of input is that of audio, too, cached or not. Source: Vertex AI's pricing page, “Input (text, image,
   * video, audio)”. Other models without a listed price of audio have none.
   */
  readonly audioAtInputPrice?: RegExp;
}

/** Returns the providers that have prices, as in `gen_ai.provider.name`. */
export function tableProviders(): readonly string[] {
  return [...PROVIDERS.keys()];
}

/** Returns the names of a provider's models in the table. */
export function tableModels(provider: string, table = new PriceTable()): readonly string[] {
  const ids = PROVIDERS.get(provider)?.ids ?? [];
  return ids.flatMap((id) => table.models(id).map((model) => model.id));
}

/**
 * Gateways that name models `vendor/model` and charge the vendor's list price, with the provider of each vendor. Source:
 * https://vercel.com/docs/ai-gateway/pricing (“no markup”), model names of https://vercel.com/ai-gateway/models.
 */
const VENDORS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'vercel',
    new Map([
      ['openai', 'openai'],
      ['anthropic', 'anthropic'],
      ['google', 'gcp.gemini'],
      ['mistral', 'mistral_ai'],
      ['xai', 'x_ai'],
      ['deepseek', 'deepseek'],
      ['cohere', 'cohere'],
      ['perplexity', 'perplexity'],
      ['voyage', 'voyage'],
    ]),
  ],
]);

/** Returns the vendor of a model at a gateway, with the vendor's name of it; provider and model as they are elsewhere. */
function vendorOf(provider: string, model: string): { provider: string; names: readonly string[] } {
  const slash = model.indexOf('/');
  const vendor = VENDORS.get(provider)?.get(model.slice(0, slash));
  if (vendor === undefined) return { provider, names: [model] };
  const name = model.slice(slash + 1);
  // `claude-sonnet-4.5` is `claude-sonnet-4-5`.
  return { provider: vendor, names: [name, name.replaceAll('.', '-')] };
}

function findModel(table: PriceTable, provider: string, model: string): ModelInfo | null {
  const listed = findAt(table, PROVIDERS.get(provider)?.ids, provider, model);
  if (listed) return listed;
  const { atVendorPrice } = PROVIDERS.get(provider) ?? {};
  const atVendor = atVendorPrice ? findAtVendor(table, provider, model) : null;
  return atVendor && atVendorPrice?.test(atVendor.id) ? atVendor : null;
}

function findAtVendor(table: PriceTable, provider: string, model: string): ModelInfo | null {
  return findAt(table, PROVIDERS.get(provider)?.vendors, provider, model);
}

function findAt(
  table: PriceTable,
  ids: readonly string[] = [],
  provider: string,
  model: string,
): ModelInfo | null {
  const known = PROVIDERS.get(provider);
  // Also billed per request, whether it searched or not. Neither the table nor the response contains that fee.
  if (!known || model.includes('-search-preview')) return null;
  const names = known.names?.(model) ?? [canonicalName(model)];
  for (const id of ids) {
    const models = table.models(id);
    for (const name of names) {
      const info =
        findNamed(models, name) ?? (known.version && findNamed(models, name.replace(known.version, '')));
      if (info) return info;
    }
  }
  return null;
}

/** Finds the model with this name, else the model with the longest name that this name is a version of. */
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
  // An anchored pattern (a model and its dates) identifies a model; an open pattern is only a prefix.
  if ('regex' in logic) return /^\^.*\$$/.test(logic.regex) && new RegExp(logic.regex).test(name);
  return false;
}

/** Returns all names and name parts that match a model, without a partial date at the end. */
function basesOf(logic: MatchLogic): readonly string[] {
  if ('or' in logic) return logic.or.flatMap(basesOf);
  if ('and' in logic) return logic.and.flatMap(basesOf);
  if ('regex' in logic) return [];
  return Object.values(logic).map((text: string) => text.toLowerCase().replace(PARTIAL_DATE, ''));
}

const PARTIAL_DATE = /[-@](?:20\d{0,5}|20\d\d-[\d-]{0,4})?$/;

/**
 * Fine-tuned models may also end with a four-digit date (`ft:gpt-3.5-turbo-0125`): all versions of a base cost the
 * same.
 */
function isPricedAs(name: string, base: string): boolean {
  return (
    isVersionOf(name, base) ||
    (name.startsWith('ft:') && name.startsWith(base) && /^-\d{4}$/.test(name.slice(base.length)))
  );
}

function pricesOf(
  info: ModelInfo,
  provider: string,
  at: Date,
  { info: { name } }: PriceTable,
  isVendors: boolean,
): FoundPrices | null {
  const { prices: table, since } = priceAt(info.prices, at);
  const prices = toModelPrices(table, info.id, provider);
  if (prices === null) return null;
  const facts = [name, since && `price since ${since}`, isVendors && 'price of the vendor'];
  return { prices, pricedAs: info.id, pricedFrom: facts.filter(Boolean).join(', ') };
}

/** Returns the last price whose constraint matches `at`; the first price if none matches. */
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

function hasTimeOfDayPrice({ prices }: ModelInfo): boolean {
  return Array.isArray(prices) && prices.some(({ constraint }) => constraint?.type === 'time_of_date');
}

/**
 * Price keys that a usage can be charged by, and keys of features that text requests do not use. The cost of a model
 * with any other price key (per request, image or citation) would be too low, so such a model has no price.
 */
export const CHARGEABLE_KEYS: ReadonlySet<string> = new Set([
  ...USAGE_ROWS.flatMap(({ priceKeys }) => priceKeys),
  'storage_searches_kcount',
  'cache_audio_read_mtok',
  'cache_image_read_mtok',
]);

function toModelPrices(table: ModelPrice, id: string, provider: string): ModelPrices | null {
  if (!Object.keys(table).every((key) => CHARGEABLE_KEYS.has(key))) return null;
  const listed = listedPrices(table);
  const { input, output, cacheWrite5m } = listed;
  // Models that are billed by time, pages or uses.
  if (input === undefined) return Object.keys(listed).length === 0 ? null : listed;
  const rules = PROVIDERS.get(provider);
  const audioAtInputPrice = listed.audioInput === undefined && rules?.audioAtInputPrice?.test(id);
  const unlisted = rules?.unlistedAtInputPrice && !id.startsWith('ft:') ? input : undefined;
  return {
    input,
    output,
    ...listed,
    cachedInput: listed.cachedInput ?? unlisted,
    cacheWrite5m: cacheWrite5m ?? unlisted,
    // The table lists no surcharge for longer lifetimes. Where cache writes cost nothing extra, neither do these.
    cacheWrite12h: cacheWrite5m === undefined ? unlisted : undefined,
    // Anthropic: a one-hour cache write costs twice the input price, on every platform.
    cacheWrite1h:
      listed.cacheWrite1h ?? (cacheWrite5m && id.includes('claude-') ? times(2, input) : undefined),
    ...(audioAtInputPrice && { audioInput: input, cachedAudioInput: listed.cachedInput }),
    imageInput: listed.imageInput ?? (rules?.imagesAtInputPrice && input),
    imageOutput: listed.imageOutput ?? (IMAGES_ONLY.test(id) ? output : undefined),
    tools: toolsOf(table),
  };
}

/** Models whose only output is images, so their output price is that of images. Source: OpenAI's pricing page, “Image tokens”. */
const IMAGES_ONLY = /^gpt-image-(?:1|1-mini|2)$/;

/** The prices that the table lists for the parts of a usage, by the keys in their rows. */
function listedPrices(table: ModelPrice): { [Name in UsagePriceName]?: Price | undefined } {
  const listed: { [Name in UsagePriceName]?: Price | undefined } = {};
  for (const { price, priceKeys } of USAGE_ROWS) {
    const key = priceKeys.find((key) => table[key] !== undefined);
    if (price !== null && key !== undefined) listed[price] = toPrice(table[key]);
  }
  return listed;
}

/** `storage_searches` is the table's name for OpenAI's file search. */
function toolsOf(table: ModelPrice): ModelPrices['tools'] {
  const fileSearch = table['storage_searches_kcount'];
  return typeof fileSearch === 'number' ? { file_search: fileSearch } : undefined;
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

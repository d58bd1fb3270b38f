/** Facts of an attempt that multiply its token prices. `serviceTier`, `speed` and `geo` are those of the usage. */
export type PriceFact = 'serviceTier' | 'speed' | 'geo' | 'place';

/**
 * One published multiplier of token prices. Fees such as web searches are not multiplied. The first rule that matches
 * applies. Without a rule, the multiplier is unknown.
 */
export interface PriceRule {
  readonly fact: PriceFact;
  /** Providers, as in `gen_ai.provider.name`. */
  readonly providers: readonly string[];
  /** Values of the fact. @defaultValue every value */
  readonly values?: readonly string[];
  /** Model in the price list: a name, or a pattern of names. @defaultValue every model */
  readonly models?: string | RegExp;
  /** `null`: no price of the list applies. */
  readonly multiplier: number | null;
  /** The provider's page with the multiplier. */
  readonly source: string;
  /** Month in which the source was read. */
  readonly asOf: string;
}

/**
 * Words for the standard tier, at every provider. Prepaid capacity (OpenAI's `scale`, Anthropic's `priority`, Groq's
 * `performance`) has no price per token, so its cost is unknown.
 */
export const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'standard', 'auto', 'standard_only']);

const OPENAI_PRICES = 'https://developers.openai.com/api/docs/pricing';
const OPENAI_PRIORITY = 'https://openai.com/api-priority-processing/';
const OPENAI_RESIDENCY = 'https://developers.openai.com/api/docs/guides/data-residency';
const AZURE_PRIORITY =
  'https://prices.azure.com/api/retail/prices (read in BerriAI/litellm, pull request 28506)';
const CLAUDE_PRICES = 'https://platform.claude.com/docs/en/about-claude/pricing';
const CLAUDE_ON_VERTEX = 'https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai';
const VERTEX_PRICES = 'https://cloud.google.com/vertex-ai/generative-ai/pricing';
const NOVEMBER_2026 = '2026-11';

function rules(
  shared: Omit<PriceRule, 'multiplier'>,
  multipliers: Readonly<Record<string, number>>,
): PriceRule[] {
  return Object.entries(multipliers).map(([models, multiplier]) => ({ ...shared, models, multiplier }));
}

const TIERS: readonly PriceRule[] = [
  {
    fact: 'serviceTier',
    providers: ['openai'],
    values: ['batch', 'flex'],
    multiplier: 0.5,
    source: OPENAI_PRICES,
    asOf: NOVEMBER_2026,
  },
  // The tier has a price list of its own. The ratios are exact: gpt-4o-mini costs $0.25, $0.125 and $1 instead of $0.15,
  // $0.075 and $0.60; o4-mini $2, $0.50 and $8 instead of $1.10, $0.275 and $4.40.
  ...rules(
    {
      fact: 'serviceTier',
      providers: ['openai'],
      values: ['priority'],
      source: OPENAI_PRIORITY,
      asOf: NOVEMBER_2026,
    },
    {
      'gpt-4o': 1.7,
      'gpt-4o-2024-05-13': 1.75,
      'gpt-4o-mini': 5 / 3,
      'gpt-4.1': 1.75,
      'gpt-4.1-mini': 1.75,
      'gpt-4.1-nano': 2,
      o3: 1.75,
      'o4-mini': 20 / 11,
      'gpt-5': 2,
      'gpt-5-mini': 1.8,
      'gpt-5.1': 2,
      'gpt-5.2': 2,
      'gpt-5.4': 2,
      'gpt-5.4-mini': 2,
      'gpt-5.5': 2.5,
    },
  ),
  {
    fact: 'serviceTier',
    providers: ['azure.ai.openai', 'azure.ai.inference'],
    values: ['batch'],
    multiplier: 0.5,
    source: 'https://learn.microsoft.com/en-us/azure/foundry/openai/how-to/batch',
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'serviceTier',
    providers: ['azure.ai.openai', 'azure.ai.inference'],
    values: ['flex'],
    multiplier: 0.5,
    source: 'https://learn.microsoft.com/en-us/azure/foundry/openai/how-to/flex-processing',
    asOf: NOVEMBER_2026,
  },
  // The tier also exists for gpt-5.4, gpt-5.5 and gpt-5.6, whose prices in it could not be verified: unknown.
  ...rules(
    {
      fact: 'serviceTier',
      providers: ['azure.ai.openai', 'azure.ai.inference'],
      values: ['priority'],
      source: AZURE_PRIORITY,
      asOf: NOVEMBER_2026,
    },
    { 'gpt-4.1': 1.75, 'gpt-5.1': 2, 'gpt-5.2': 2 },
  ),
  {
    fact: 'serviceTier',
    providers: ['anthropic'],
    values: ['batch'],
    multiplier: 0.5,
    source: CLAUDE_PRICES,
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'serviceTier',
    providers: ['groq'],
    values: ['on_demand', 'flex'],
    multiplier: 1,
    source: 'https://console.groq.com/docs/flex-processing',
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'serviceTier',
    providers: ['x_ai'],
    values: ['priority'],
    multiplier: 2,
    source: 'https://docs.x.ai/developers/pricing',
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'serviceTier',
    providers: ['gcp.gemini'],
    values: ['flex', 'batch'],
    multiplier: 0.5,
    source: 'https://ai.google.dev/gemini-api/docs/optimization',
    asOf: NOVEMBER_2026,
  },
  // `trafficType` of the usage. Provisioned throughput is prepaid.
  {
    fact: 'serviceTier',
    providers: ['gcp.vertex_ai'],
    values: ['ON_DEMAND'],
    multiplier: 1,
    source: VERTEX_PRICES,
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'serviceTier',
    providers: ['gcp.vertex_ai'],
    values: ['ON_DEMAND_FLEX', 'flex', 'batch'],
    multiplier: 0.5,
    source: VERTEX_PRICES,
    asOf: NOVEMBER_2026,
  },
];

/** Anthropic's fast mode: $30 and $150 for Opus 4.6 and 4.7, $10 and $50 for Opus 4.8 and 5. */
const SPEEDS: readonly PriceRule[] = rules(
  {
    fact: 'speed',
    providers: ['anthropic'],
    values: ['fast'],
    source: 'https://platform.claude.com/docs/en/build-with-claude/fast-mode',
    asOf: NOVEMBER_2026,
  },
  { 'claude-opus-4-6': 6, 'claude-opus-4-7': 6, 'claude-opus-4-8': 2, 'claude-opus-5': 2 },
);

const PLACES: readonly PriceRule[] = [
  // `inference_geo`. Models without a choice of region report `not_available`.
  {
    fact: 'geo',
    providers: ['anthropic'],
    values: ['us'],
    multiplier: 1.1,
    source: CLAUDE_PRICES,
    asOf: NOVEMBER_2026,
  },
  // Models released on or after March 5, 2026 (gpt-5.4). Other newer models are unknown, as not all are eligible.
  {
    fact: 'place',
    providers: ['openai'],
    models: /^gpt-(?:5\.[4-9]|6)(?!.*image)/,
    multiplier: 1.1,
    source: OPENAI_RESIDENCY,
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'place',
    providers: ['openai'],
    models:
      /^(?:ft:)?(?:gpt-(?:3\.5|4|5)(?![.\d])|gpt-(?:4\.\d|5\.[1-3])(?!\d)|gpt-4o|gpt-(?:audio|realtime)(?:-mini)?$|gpt-image-1(?!\d)|o\d|text-embedding-|whisper-1$)/,
    multiplier: 1,
    source: OPENAI_RESIDENCY,
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'place',
    providers: ['mistral_ai'],
    values: ['eu', 'us'],
    multiplier: 1.1,
    source: 'https://docs.mistral.ai/studio/regional-inference',
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'place',
    providers: ['mistral_ai'],
    values: ['codestral'],
    multiplier: null,
    source: 'https://docs.mistral.ai/capabilities/code_generation',
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'place',
    providers: ['x_ai'],
    values: ['us'],
    multiplier: 1.1,
    source: 'https://docs.x.ai/developers/advanced-api-usage/regions',
    asOf: NOVEMBER_2026,
  },
  // Billed in CNY.
  {
    fact: 'place',
    providers: ['moonshot_ai', 'minimax', 'zhipu'],
    values: ['cn'],
    multiplier: null,
    source: 'https://platform.moonshot.cn/docs/pricing/chat',
    asOf: NOVEMBER_2026,
  },
  // The prices of the list are those of the global endpoint. Regions and multi-regions cost more for Claude Sonnet 4.5
  // and later models; the prices of earlier models are the same everywhere.
  {
    fact: 'place',
    providers: ['gcp.vertex_ai'],
    values: ['global'],
    multiplier: 1,
    source: VERTEX_PRICES,
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'place',
    providers: ['gcp.vertex_ai'],
    models: /^claude-(?:3|4-|(?:opus|sonnet)-4-[01]$|opus-4$|sonnet-4$)/,
    multiplier: 1,
    source: CLAUDE_ON_VERTEX,
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'place',
    providers: ['gcp.vertex_ai'],
    models: /^claude-/,
    multiplier: 1.1,
    source: CLAUDE_ON_VERTEX,
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'place',
    providers: ['gcp.vertex_ai'],
    models: /^gemini-(?:1|2|embedding-001)/,
    multiplier: 1,
    source: VERTEX_PRICES,
    asOf: NOVEMBER_2026,
  },
  {
    fact: 'place',
    providers: ['gcp.vertex_ai'],
    // The page lists “Global” and “Non-global”. Non-global prices of other Gemini 3 models could not be verified: unknown.
    models: /^gemini-3\.[5-9]/,
    multiplier: 1.1,
    source: VERTEX_PRICES,
    asOf: NOVEMBER_2026,
  },
];

export const PRICE_RULES: readonly PriceRule[] = [...TIERS, ...SPEEDS, ...PLACES];

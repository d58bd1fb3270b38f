import type { Usage } from '../wire/usage.js';
import type { FoundPrices } from './pricing.options.js';

/**
 * Multipliers of token prices by service tier, speed and region. Fees such as web searches are not multiplied. Sources,
 * as of November 2026: OpenAI's pricing page (batch and flex) and its page on priority processing; Anthropic's
 * documentation of batches, fast mode and data residency; Gemini API documentation, “Optimization and inference”;
 * Microsoft's page on batch deployments.
 *
 * Prepaid capacity (OpenAI's `scale`, Anthropic's `priority`) has no price per token, so its cost is unknown.
 */
const STANDARD: ReadonlySet<string> = new Set(['default', 'standard', 'auto', 'standard_only']);

/**
 * Multipliers of OpenAI's priority tier, which has a separate price list. The ratios are exact: gpt-4o-mini costs
 * $0.25, $0.125 and $1 instead of $0.15, $0.075 and $0.60; o4-mini $2, $0.50 and $8 instead of $1.10, $0.275 and $4.40.
 */
const PRIORITY: ReadonlyMap<string, number> = new Map([
  ['gpt-4o', 1.7],
  ['gpt-4o-2024-05-13', 1.75],
  ['gpt-4o-mini', 5 / 3],
  ['gpt-4.1', 1.75],
  ['gpt-4.1-mini', 1.75],
  ['gpt-4.1-nano', 2],
  ['o3', 1.75],
  ['o4-mini', 20 / 11],
  ['gpt-5', 2],
  ['gpt-5-mini', 1.8],
  ['gpt-5.1', 2],
  ['gpt-5.2', 2],
  ['gpt-5.4', 2],
  ['gpt-5.4-mini', 2],
  ['gpt-5.5', 2.5],
]);

/** Multipliers of Anthropic's fast mode: $30 and $150 for Opus 4.6 and 4.7, $10 and $50 for Opus 4.8 and 5. */
const FAST: ReadonlyMap<string, number> = new Map([
  ['claude-opus-4-6', 6],
  ['claude-opus-4-7', 6],
  ['claude-opus-4-8', 2],
  ['claude-opus-5', 2],
]);

/** Multipliers by `inference_geo`. Models without a choice of region report `not_available`. */
const REGIONS: ReadonlyMap<string, number> = new Map([
  ['us', 1.1],
  ['global', 1],
  ['not_available', 1],
]);

interface ProviderTiers {
  /** Multipliers of service tiers that apply to all models. */
  readonly tiers: ReadonlyMap<string, number>;
  /** Multipliers of the priority tier, by model. */
  readonly priority?: ReadonlyMap<string, number>;
  /** Set if requests can choose a speed and a region. */
  readonly hasSpeedAndRegion?: true;
}

const PROVIDERS: ReadonlyMap<string, ProviderTiers> = new Map<string, ProviderTiers>([
  ['openai', { tiers: new Map([['batch', 0.5], ['flex', 0.5]]), priority: PRIORITY }], // prettier-ignore
  ['azure.ai.openai', { tiers: new Map([['batch', 0.5]]) }],
  ['anthropic', { tiers: new Map([['batch', 0.5]]), hasSpeedAndRegion: true }],
  // Priority costs 75 to 100 % more, depending on the model; provisioned throughput is prepaid.
  ['gcp.gemini', { tiers: new Map([['batch', 0.5], ['flex', 0.5]]) }], // prettier-ignore
  ['gcp.vertex_ai', { tiers: new Map([['ON_DEMAND', 1], ['ON_DEMAND_FLEX', 0.5], ['batch', 0.5], ['flex', 0.5]]) }], // prettier-ignore
]);

/**
 * Returns the multiplier of a usage; `null` if a part of it is unknown. `multipliers` take precedence over the lists.
 */
export function tierMultiplier(
  usage: Usage,
  provider: string,
  { pricedAs, multipliers: own }: Pick<FoundPrices, 'pricedAs' | 'multipliers'>,
): number | null {
  const { serviceTier, speed, geo } = usage;
  if (serviceTier === null && speed === null && geo === null) return 1;
  const tier =
    serviceTier === null
      ? 1
      : (ownMultiplier(own, serviceTier) ?? serviceTierMultiplier(serviceTier, provider, pricedAs));
  const pace = speed === null ? 1 : (ownMultiplier(own, speed) ?? speedMultiplier(speed, pricedAs));
  const place = geo === null ? 1 : (ownMultiplier(own, geo) ?? REGIONS.get(geo));
  return tier === undefined || pace === undefined || place === undefined ? null : tier * pace * place;
}

/** Returns all known multipliers of a model, by name. */
export function knownMultipliers(
  provider: string,
  { pricedAs, multipliers: own }: Pick<FoundPrices, 'pricedAs' | 'multipliers'>,
): Readonly<Record<string, number>> {
  const { tiers, hasSpeedAndRegion } = PROVIDERS.get(provider) ?? {};
  const known: Record<string, number> = Object.fromEntries(tiers ?? []);
  const priority = serviceTierMultiplier('priority', provider, pricedAs);
  if (priority !== undefined) known['priority'] = priority;
  if (hasSpeedAndRegion) {
    const fast = speedMultiplier('fast', pricedAs);
    if (fast !== undefined) known['fast'] = fast;
    known['us'] = REGIONS.get('us')!;
  }
  return { ...known, ...own };
}

/** Checks own properties only: the name comes from a response and could be `constructor`. */
function ownMultiplier(own: FoundPrices['multipliers'], word: string): number | undefined {
  return own && Object.hasOwn(own, word) ? own[word] : undefined;
}

function speedMultiplier(speed: string, pricedAs: string): number | undefined {
  return speed === 'standard' ? 1 : speed === 'fast' ? FAST.get(pricedAs.toLowerCase()) : undefined;
}

function serviceTierMultiplier(tier: string, provider: string, pricedAs: string): number | undefined {
  if (STANDARD.has(tier)) return 1;
  const { tiers, priority } = PROVIDERS.get(provider) ?? {};
  return tier === 'priority' ? priority?.get(pricedAs.toLowerCase()) : tiers?.get(tier);
}

import type { Usage } from '../wire/usage.js';

/**
 * What a service tier, a speed or a place multiplies token prices by. Sources: OpenAI's pricing page (batch, flex and
 * priority tables), Anthropic's pricing page (batch, fast mode, US-only inference), as of November 2026.
 */
const TIERS: ReadonlyMap<string, number> = new Map([
  ['default', 1],
  ['standard', 1],
  ['auto', 1],
  ['standard_only', 1],
  ['batch', 0.5],
  ['flex', 0.5],
]);

/** OpenAI's priority tier has a price list of its own: the ratio differs by model. */
const PRIORITY: ReadonlyMap<string, number> = new Map([
  ['gpt-4o', 1.7],
  ['gpt-4o-mini', 1.67],
  ['gpt-4.1', 1.75],
  ['o3', 1.75],
  ['o4-mini', 1.82],
  ['gpt-5', 2],
  ['gpt-5-mini', 1.8],
]);

const FAST_SPEED = 1.1;
const US_GEO = 1.1;

/** The multiplier for a usage of the model found as `pricedAs`; `null` where one of its parts is not known. */
export function tierMultiplier(usage: Usage, provider: string, pricedAs: string): number | null {
  const { serviceTier, speed, geo } = usage;
  let multiplier = 1;
  if (serviceTier !== null) {
    const tier = serviceTier === 'priority' && provider !== 'anthropic' ? PRIORITY.get(pricedAs) : TIERS.get(serviceTier);
    if (tier === undefined) return null;
    multiplier *= tier;
  }
  if (speed === 'fast') multiplier *= FAST_SPEED;
  else if (speed !== null && speed !== 'standard') return null;
  if (geo === 'us') multiplier *= US_GEO;
  else if (geo !== null && geo !== 'global' && geo !== 'not_available') return null;
  return multiplier;
}

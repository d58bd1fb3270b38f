import type { CostReasonCode, PriceMultiplier } from '../calls/cost.js';
import type { Usage } from '../wire/usage.js';
import { PRICE_RULES, STANDARD_TIERS, type PriceFact, type PriceRule } from './price-rules.js';
import type { FoundPrices } from './pricing.options.js';

/** Facts of a usage that multiply its token prices. */
export type PriceFacts = Readonly<Record<PriceFact, string | null>>;

/** Returns the facts of a usage at a place. */
export function priceFacts({ serviceTier, speed, geo }: Usage, place: string | null): PriceFacts {
  return { serviceTier, speed, geo, place };
}

type Matched = Pick<FoundPrices, 'pricedAs' | 'multipliers'>;

/** Source of a multiplier that the application has set. */
const OWN = 'your own prices';

/**
 * Returns the multipliers that apply to a usage, without those of 1; the first unknown fact in words if there is one.
 * Multipliers of the application take precedence over the published ones.
 */
export function multipliersOf(
  facts: PriceFacts,
  provider: string,
  { pricedAs, multipliers: own }: Matched,
): readonly PriceMultiplier[] | UnknownFact {
  if (facts.serviceTier === null && facts.speed === null && facts.geo === null && facts.place === null)
    return NONE;
  let applied: PriceMultiplier[] | null = null;
  for (const fact of FACTS) {
    const value = facts[fact];
    if (value === null) continue;
    const found = ownMultiplier(own, value) ?? publishedMultiplier(fact, value, provider, pricedAs);
    if (found === undefined) return { unknown: WORDS[fact](value), reasonCode: REASON_CODES[fact] };
    if (found.factor !== 1) (applied ??= []).push({ name: WORDS[fact](value), ...found });
  }
  return applied ?? NONE;
}

/** A fact without a known multiplier. */
export interface UnknownFact {
  /** The fact in words. */
  readonly unknown: string;
  readonly reasonCode: CostReasonCode;
}

const NONE: readonly PriceMultiplier[] = Object.freeze([]);

const WORDS: Readonly<Record<PriceFact, (value: string) => string>> = {
  serviceTier: (value) => `service tier ${value}`,
  speed: (value) => `speed ${value}`,
  geo: (value) => `inference in ${value}`,
  place: (value) => `endpoint in ${value}`,
};
const FACTS = Object.keys(WORDS) as PriceFact[];

const REASON_CODES: Readonly<Record<PriceFact, CostReasonCode>> = {
  serviceTier: 'unpriced_service_tier',
  speed: 'unpriced_speed',
  geo: 'unpriced_geo',
  place: 'unpriced_place',
};

type Found = Pick<PriceMultiplier, 'factor' | 'source'>;

/** Checks own properties only: the name comes from a response and could be `constructor`. */
function ownMultiplier(own: FoundPrices['multipliers'], word: string): Found | undefined {
  return own && Object.hasOwn(own, word) ? { factor: own[word]!, source: OWN } : undefined;
}

function publishedMultiplier(
  fact: PriceFact,
  value: string,
  provider: string,
  pricedAs: string,
): Found | undefined {
  if (isStandard(fact, value, provider)) return STANDARD;
  const model = pricedAs.toLowerCase();
  for (const rule of RULES.get(`${fact} ${provider}`) ?? [])
    if (isValueOf(rule, value) && isModelOf(rule, model))
      return rule.multiplier === null
        ? undefined
        : { factor: rule.multiplier, source: `${rule.source}, ${rule.asOf}` };
  return undefined;
}

const STANDARD: Found = { factor: 1, source: '' };

/** A provider without rules of places has one price everywhere, or a list with names of places. */
function isStandard(fact: PriceFact, value: string, provider: string): boolean {
  if (fact === 'serviceTier') return STANDARD_TIERS.has(value.toLowerCase());
  if (fact === 'speed') return value === 'standard';
  if (fact === 'geo') return value === 'global' || value === 'not_available';
  return !RULES.has(`place ${provider}`);
}

/** Google's APIs write the same words in different cases. */
function isValueOf({ values }: PriceRule, value: string): boolean {
  if (values === undefined || values.includes(value)) return true;
  const word = value.toLowerCase();
  return values.some((known) => known.toLowerCase() === word);
}

function isModelOf({ models }: PriceRule, model: string): boolean {
  if (models === undefined) return true;
  return typeof models === 'string' ? models === model : models.test(model);
}

/** Rules by fact and provider. */
const RULES = new Map<string, PriceRule[]>();
for (const rule of PRICE_RULES) {
  for (const provider of rule.providers) {
    const key = `${rule.fact} ${provider}`;
    const known = RULES.get(key);
    if (known) known.push(rule);
    else RULES.set(key, [rule]);
  }
}

/** Returns all known multipliers of a model other than 1, by the value of the fact. */
export function knownMultipliers(
  provider: string,
  { pricedAs, multipliers: own }: Matched,
): Readonly<Record<string, number>> {
  const known: Record<string, number> = {};
  for (const { fact, providers, values } of PRICE_RULES) {
    if (!providers.includes(provider)) continue;
    for (const value of values ?? []) {
      const factor = publishedMultiplier(fact, value, provider, pricedAs)?.factor;
      if (factor !== undefined && factor !== 1) known[value] = factor;
    }
  }
  return { ...known, ...own };
}

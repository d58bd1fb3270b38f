import type { OverridePrices, PriceOverrides } from './pricing.options.js';

/** What is wrong with overrides, and where: the names that lead to it. */
export interface OverrideProblem {
  readonly path: readonly string[];
  /** The rest of a sentence that begins with the place: “is not a price: …”. */
  readonly is: string;
}

/** The first thing that is wrong with overrides; `null`: nothing, and `overrides` is what its type says. */
export function problemOf(overrides: unknown): OverrideProblem | null {
  if (!isObject(overrides)) return { path: [], is: 'is not an object of prices by model name' };
  for (const [model, prices] of Object.entries(overrides)) {
    const problem = problemOfModel(prices);
    if (problem) return { path: [model, ...problem.path], is: problem.is };
  }
  return null;
}

/** Whose type the caller has just checked. */
export function asOverrides(checked: unknown): PriceOverrides {
  return checked as PriceOverrides;
}

function problemOfModel(prices: unknown): OverrideProblem | null {
  if (!isObject(prices)) return { path: [], is: 'is not an object of prices' };
  for (const field of ['input', 'output'] as const) {
    if (prices[field] === undefined) return { path: [field], is: 'is missing: USD per million tokens' };
  }
  for (const [field, value] of Object.entries(prices)) {
    const problem = problemOfField(field, value);
    if (problem) return { path: [field, ...problem.path], is: problem.is };
  }
  return null;
}

function problemOfField(field: string, value: unknown): OverrideProblem | null {
  if (value === undefined) return null;
  const check = FIELDS.get(field);
  return check ? check(value) : { path: [], is: `is not a kind of price (${[...FIELDS.keys()].join(', ')})` };
}

/** Beyond any price there is, and what exact arithmetic holds. */
const HIGHEST = 1000;
const LOWEST = 0.000001;

function problemOfPrice(value: unknown): OverrideProblem | null {
  if (isNumberUpTo(HIGHEST, value)) return null;
  return {
    path: [],
    is: `is not a price: 0, or a number of USD from ${LOWEST.toFixed(6)} to ${HIGHEST}, not ${words(value)}`,
  };
}

function problemOfMultiplier(value: unknown): OverrideProblem | null {
  if (isNumberUpTo(100, value)) return null;
  return { path: [], is: `is not a multiplier: a number from 0 to 100, not ${words(value)}` };
}

/** A price, or one with long-context tiers: `{ base, tiers: [{ above, price }] }`. */
function problemOfPriceOrTiers(value: unknown): OverrideProblem | null {
  if (!isObject(value)) return problemOfPrice(value);
  const { base, tiers } = value;
  const problem = problemOfPrice(base);
  if (problem) return { path: ['base'], is: problem.is };
  if (!Array.isArray(tiers)) return { path: ['tiers'], is: 'is not a list of { above, price }' };
  for (const [index, tier] of tiers.entries()) {
    const { above, price } = isObject(tier) ? tier : {};
    const at = ['tiers', String(index)];
    if (!Number.isSafeInteger(above) || (above as number) < 0)
      return { path: [...at, 'above'], is: `is not a number of tokens: ${words(above)}` };
    const problemOfTier = problemOfPrice(price);
    if (problemOfTier) return { path: [...at, 'price'], is: problemOfTier.is };
  }
  return null;
}

function eachOf(
  check: (value: unknown) => OverrideProblem | null,
): (value: unknown) => OverrideProblem | null {
  return (value) => {
    if (!isObject(value)) return { path: [], is: 'is not an object of numbers by name' };
    for (const [name, one] of Object.entries(value)) {
      const problem = check(one);
      if (problem) return { path: [name], is: problem.is };
    }
    return null;
  };
}

const FIELDS: ReadonlyMap<string, (value: unknown) => OverrideProblem | null> = new Map<
  keyof OverridePrices,
  (value: unknown) => OverrideProblem | null
>([
  ['input', problemOfPriceOrTiers],
  ['output', problemOfPriceOrTiers],
  ['cachedInput', problemOfPriceOrTiers],
  ['cacheWrite5m', problemOfPriceOrTiers],
  ['cacheWrite1h', problemOfPriceOrTiers],
  ['cacheWrite12h', problemOfPriceOrTiers],
  ['audioInput', problemOfPriceOrTiers],
  ['audioOutput', problemOfPriceOrTiers],
  ['imageInput', problemOfPriceOrTiers],
  ['imageOutput', problemOfPriceOrTiers],
  ['audioTime', problemOfPriceOrTiers],
  ['webSearch', problemOfPriceOrTiers],
  ['tools', eachOf(problemOfPrice)],
  ['multipliers', eachOf(problemOfMultiplier)],
]);

function isNumberUpTo(highest: number, value: unknown): boolean {
  return value === 0 || (typeof value === 'number' && value >= LOWEST && value <= highest);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function words(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
}

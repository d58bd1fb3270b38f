import type { MatchLogic, ModelInfo } from '@pydantic/genai-prices';
import { asObject } from '../wire/json/json-value.js';

/** The part of a provider that prices are read from. */
export interface TableRow {
  readonly id: string;
  readonly models: readonly ModelInfo[];
}

/** Bounds of a table: several times those of the table in November 2026. */
const MAX_PROVIDERS = 500;
const MAX_MODELS = 20_000;
const MAX_NAME_LENGTH = 300;
const MAX_ITEMS = 1000;
/** USD per million tokens and other units. */
const MAX_PRICE = 1_000_000;

/**
 * Reads a price table in the format of `@pydantic/genai-prices`. Unknown members are ignored, and unknown price keys are
 * kept: a model that is charged by one has no price.
 *
 * @throws TypeError that names the first invalid member
 */
export function parsePriceTable(data: unknown): readonly TableRow[] {
  const providers = listOf('the table', data, MAX_PROVIDERS, (row, at) => {
    const { id, models } = objectOf(at, row);
    const name = nameOf(`${at}.id`, id);
    return { id: name, models: listOf(`${at}.models`, models, MAX_MODELS, modelOf) };
  });
  let count = 0;
  for (const { models } of providers) count += models.length;
  if (count === 0) throw new TypeError('the table must have models.');
  if (count > MAX_MODELS) throw new TypeError(`the table must have at most ${MAX_MODELS} models.`);
  return providers;
}

function modelOf(model: unknown, at: string): ModelInfo {
  const { id, match, prices } = objectOf(at, model);
  return {
    id: nameOf(`${at}.id`, id),
    match: matchOf(`${at}.match`, match, 0),
    prices: Array.isArray(prices)
      ? listOf(`${at}.prices`, prices, MAX_ITEMS, conditionalPriceOf)
      : modelPriceOf(`${at}.prices`, prices),
  };
}

const TEXT_MATCHES = ['equals', 'starts_with', 'ends_with', 'contains', 'regex'] as const;

function matchOf(at: string, logic: unknown, depth: number): MatchLogic {
  const match = objectOf(at, logic);
  if (depth > 8) throw new TypeError(`${at} is nested too deeply.`);
  const nested = (clauses: unknown): MatchLogic[] =>
    listOf(at, clauses, MAX_ITEMS, (clause) => matchOf(at, clause, depth + 1));
  if (match['or'] !== undefined) return { or: nested(match['or']) };
  if (match['and'] !== undefined) return { and: nested(match['and']) };
  const kind = TEXT_MATCHES.find((name) => match[name] !== undefined);
  if (kind === undefined) throw new TypeError(`${at} must be one of ${TEXT_MATCHES.join(', ')}, or, and.`);
  const text = nameOf(`${at}.${kind}`, match[kind]);
  if (kind === 'regex' && !isPattern(text)) throw new TypeError(`${at}.regex must be a regular expression.`);
  return { [kind]: text } as MatchLogic;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

type ConditionalPrice = Extract<ModelInfo['prices'], readonly unknown[]>[number];
type ModelPrice = Exclude<ModelInfo['prices'], readonly unknown[]>;

function conditionalPriceOf(price: unknown, at: string): ConditionalPrice {
  const { constraint, prices } = objectOf(at, price);
  const read = { prices: modelPriceOf(`${at}.prices`, prices) };
  if (constraint === undefined || constraint === null) return read;
  const { start_date: day, start_time: start, end_time: end } = objectOf(`${at}.constraint`, constraint);
  if (typeof day === 'string' && !Number.isNaN(Date.parse(day)))
    return { ...read, constraint: { type: 'start_date', start_date: day } };
  if (isTime(start) && isTime(end))
    return { ...read, constraint: { type: 'time_of_date', start_time: start, end_time: end } };
  throw new TypeError(`${at}.constraint must have a start_date, or a start_time and an end_time.`);
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d\d:\d\d:\d\d/.test(value);
}

function modelPriceOf(at: string, prices: unknown): ModelPrice {
  const read: ModelPrice = {};
  for (const [key, value] of Object.entries(objectOf(at, prices))) {
    if (value === undefined || value === null) continue;
    read[key] = isPrice(value) ? value : tieredPriceOf(`${at}.${key}`, value);
  }
  return read;
}

function tieredPriceOf(at: string, value: unknown): NonNullable<ModelPrice[string]> {
  const { base, tiers } = objectOf(at, value);
  if (!isPrice(base)) throw new TypeError(`${at} must be a price, or a base with tiers.`);
  return {
    base,
    tiers: listOf(`${at}.tiers`, tiers, MAX_ITEMS, (tier, inTier) => {
      const { start, price } = objectOf(inTier, tier);
      if (!Number.isSafeInteger(start) || (start as number) < 0 || !isPrice(price))
        throw new TypeError(`${inTier} must have a start and a price.`);
      return { start: start as number, price };
    }),
  };
}

function isPrice(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_PRICE;
}

function nameOf(at: string, name: unknown): string {
  if (typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH) return name;
  throw new TypeError(`${at} must be a text of 1 to ${MAX_NAME_LENGTH} characters.`);
}

function objectOf(at: string, value: unknown): Readonly<Record<string, unknown>> {
  const object = asObject(value);
  if (object) return object;
  throw new TypeError(`${at} must be an object.`);
}

function listOf<Item>(
  at: string,
  list: unknown,
  limit: number,
  read: (item: unknown, at: string) => Item,
): Item[] {
  if (!Array.isArray(list)) throw new TypeError(`${at} must be a list.`);
  if (list.length > limit) throw new TypeError(`${at} must have at most ${limit} items.`);
  return list.map((item, index) => read(item, `${at}[${index}]`));
}

/** Returns the newest date on or before `day` on which a price of the table starts; `null` if it has none. */
export function newestPriceDate(providers: readonly TableRow[], day: string): string | null {
  let newest: string | null = null;
  for (const { models } of providers)
    for (const { prices } of models)
      for (const { constraint } of Array.isArray(prices) ? prices : []) {
        if (constraint?.type !== 'start_date' || constraint.start_date > day) continue;
        if (newest === null || constraint.start_date > newest) newest = constraint.start_date;
      }
  return newest;
}

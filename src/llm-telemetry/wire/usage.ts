import { USAGE_PARTS, type UsagePart } from './usage-table.js';

/**
 * Source of token counts. `estimated`: input, output or both are estimated from the text. `missing`: the provider
 * reported none and there is no text to estimate them from; all counts are 0 or `null`.
 */
export type UsageSource = 'provider' | 'estimated' | 'missing';

/** Number of uses by tool name. */
export type ToolUses = Readonly<Record<string, number>>;

/** Shared empty value, since most responses use no tools. */
export const NO_TOOLS: ToolUses = Object.freeze({});

type Parts = typeof USAGE_PARTS;

/** Names a row of the table. */
export type UsagePartName = keyof Parts;

/** Names the rows with a property, such as `{ kind: 'total' }`. */
export type UsagePartWith<Property> = {
  [Name in UsagePartName]: Parts[Name] extends Property ? Name : never;
}[UsagePartName];

/** Counts of a usage: one field for each row of the table. */
export type UsageCounts = {
  readonly [Name in keyof Parts]: Parts[Name] extends { readonly nullable: true } ? number | null : number;
};

/** Prices of all rows: their names in `ModelPrices`, with their keys in the price table. */
type PricesOf<Part> = Part extends { readonly price: infer Price } ? (prices: Price) => void : never;
export type UsagePrices = PricesOf<Parts[UsagePartName]> extends (prices: infer All) => void ? All : never;

/** Names a price of a usage part in `ModelPrices`. */
export type UsagePriceName = keyof UsagePrices;

/** Names a sum of usage parts in `Measures`. */
export type UsageMeasure = Extract<Parts[UsagePartName], { readonly measure: string }>['measure'];

/**
 * Token counts of one attempt, normalized across providers. A part never exceeds its total: cached and cache write
 * tokens are parts of the input, reasoning tokens are a part of the output. Token counts are integers.
 *
 * @publicApi
 */
export interface Usage extends UsageCounts {
  /** Uses of other tools that the provider ran and charges in addition to tokens, by name (`file_search`, …). */
  readonly toolUses: ToolUses;
  /** Service tier of the response, as the provider names it; `null` if not reported. */
  readonly serviceTier: string | null;
  /** Anthropic's `speed`, as reported; `null` if not reported. */
  readonly speed: string | null;
  /** Anthropic's `inference_geo`, as reported; `null` if not reported. */
  readonly geo: string | null;
  /**
   * `true` if the provider's counts contradict each other: a part exceeds its total and was clamped, the parts do not
   * add up to the reported total, or a value is invalid.
   */
  readonly clamped: boolean;
  /** `true` if a count is not reported, and was computed as the rest of the reported total. */
  readonly derived: boolean;
  readonly source: UsageSource;
}

/** Row of the table with its name and the name of its price. All rows have all fields, `undefined` if not set. */
export type UsageRow = {
  readonly [Property in keyof Required<Omit<UsagePart, 'price' | 'measure'>>]: UsagePart[Property];
} & {
  readonly name: UsagePartName;
  /** Position in the table. */
  readonly index: number;
  /** `null` without a separate price. */
  readonly price: UsagePriceName | null;
  /** Keys of the price in the price table. */
  readonly priceKeys: readonly string[];
  readonly measure: UsageMeasure | undefined;
};

/** Rows in table order. */
export const USAGE_ROWS: readonly UsageRow[] = Object.entries<UsagePart>(USAGE_PARTS).map(
  ([name, part], index) => {
    const [price = null, priceKeys = []] = Object.entries(part.price ?? {})[0] ?? [];
    // One object shape for all rows: V8 reads fields of such objects fastest.
    return {
      name: name as UsagePartName,
      index,
      of: part.of,
      kind: part.kind,
      nullable: part.nullable,
      clampAfter: part.clampAfter,
      price: price as UsagePriceName | null,
      priceKeys,
      attribute: part.attribute,
      callAttribute: part.callAttribute,
      counter: part.counter,
      modality: part.modality,
      measure: part.measure as UsageMeasure | undefined,
      label: part.label,
    };
  },
);

export const USAGE_PART_NAMES: readonly UsagePartName[] = USAGE_ROWS.map(({ name }) => name);

/** 0 for each part. */
export const NO_COUNTS = Object.fromEntries(USAGE_PART_NAMES.map((name) => [name, 0])) as Readonly<
  Record<UsagePartName, 0>
>;

/** Usage without counts: the defaults for counts that were not reported. */
export const NO_USAGE: Usage = Object.freeze({
  ...NO_COUNTS,
  toolUses: NO_TOOLS,
  serviceTier: null,
  speed: null,
  geo: null,
  clamped: false,
  derived: false,
  source: 'provider',
});

/** Usage of a response whose counts are unknown: its zeros have no meaning. */
export const MISSING_USAGE: Usage = Object.freeze({
  ...NO_USAGE,
  ...Object.fromEntries(USAGE_ROWS.filter(({ nullable }) => nullable).map(({ name }) => [name, null])),
  source: 'missing',
});

/** Parts that are summed under one name, with the first of their rows. */
export interface UsageSum<Name> {
  readonly name: Name;
  readonly row: UsageRow;
  readonly parts: readonly UsagePartName[];
}

/** Groups the rows that are summed under one name, in table order. Rows without a name are omitted. */
export function usageSums<Name>(nameOf: (row: UsageRow) => Name | undefined): ReadonlyArray<UsageSum<Name>> {
  const sums = new Map<Name, UsageSum<Name> & { readonly parts: UsagePartName[] }>();
  for (const row of USAGE_ROWS) {
    const name = nameOf(row);
    if (name === undefined) continue;
    const sum = sums.get(name);
    if (sum) sum.parts.push(row.name);
    else sums.set(name, { name, row, parts: [row.name] });
  }
  return [...sums.values()];
}

/** Parts that are summed in each measure. */
export const MEASURED_SUMS = usageSums(({ measure }) => measure);

/** Parts of the input that were read from a cache. */
export const CACHED_PARTS = MEASURED_SUMS.find(({ name }) => name === 'cachedInputTokens')!.parts;

/** Sums parts of a usage. Unknown parts count as 0. */
export function sumOfParts(usage: UsageCounts, parts: readonly UsagePartName[]): number {
  let sum = 0;
  for (const part of parts) sum += usage[part] ?? 0;
  return sum;
}

/** Nonzero part of a usage. */
export interface UsedPart {
  readonly row: UsageRow;
  readonly count: number;
}

const ROWS: ReadonlyMap<string, UsageRow> = new Map(USAGE_ROWS.map((row) => [row.name, row]));

/** Rows in receipt order: the input with its parts, the output with its parts, then quantities other than tokens. */
const RECEIPT_ORDER = (['input', 'output', null] as const).flatMap((of) =>
  USAGE_ROWS.filter((row) => row.of === of),
);
const RECEIPT_POSITIONS = USAGE_ROWS.map((row) => RECEIPT_ORDER.indexOf(row));

/**
 * Returns the nonzero parts in receipt order. Most usages have two to four.
 *
 * @note In V8, access by a name that differs each time costs about 15 ns, access by the name of a `for … in` about 2 ns.
 * Fields are usually in table order, which avoids looking up the row.
 */
export function findUsedParts(counts: { readonly [Name in UsagePartName]: number | null }): UsedPart[] {
  const used: UsedPart[] = [];
  let index = -1;
  let last = -1;
  let inOrder = true;
  // oxlint-disable-next-line guard-for-in -- names that are no part are skipped
  for (const name in counts) {
    index++;
    const count: unknown = counts[name as UsagePartName];
    if (typeof count !== 'number' || count === 0) continue;
    const likely = index < USAGE_ROWS.length ? USAGE_ROWS[index] : undefined;
    const row = likely?.name === name ? likely : ROWS.get(name);
    if (row === undefined) continue;
    const position = RECEIPT_POSITIONS[row.index]!;
    if (position < last) inOrder = false;
    last = position;
    used.push({ row, count });
  }
  return inOrder ? used : used.sort(byPositions(RECEIPT_POSITIONS));
}

/** Compares parts by the position of their row. `positions` has one entry for each row of the table. */
export function byPositions(positions: readonly number[]): (one: UsedPart, other: UsedPart) => number {
  return ({ row: one }, { row: other }) => positions[one.index]! - positions[other.index]!;
}

let lastUsage: UsageCounts | null = null;
let lastUsed: readonly UsedPart[] = [];

/**
 * Returns the nonzero parts of a usage in receipt order. Pricing and spans of an attempt need them in succession, so
 * the last list is cached.
 */
export function usedParts(usage: UsageCounts): readonly UsedPart[] {
  if (usage !== lastUsage) keepUsedParts(usage, findUsedParts(usage));
  return lastUsed;
}

/** Caches the known parts of a usage for the next `usedParts`. */
export function keepUsedParts(usage: UsageCounts, used: readonly UsedPart[]): void {
  lastUsage = usage;
  lastUsed = used;
}

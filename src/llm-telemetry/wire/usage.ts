/**
 * Where token counts come from. `estimated`: at least one of input and output is estimated from the text. `missing`: the
 * provider sent none, and there is nothing to estimate them from; all counts are 0.
 */
export type UsageSource = 'provider' | 'estimated' | 'missing';

/** How often each tool was used, by its name. */
export type ToolUses = Readonly<Record<string, number>>;

/** What nearly all answers have used: one object for all of them. */
export const NO_TOOLS: ToolUses = Object.freeze({});

/** One row of `USAGE_PARTS`: a quantity that providers count, and everything that is derived from it. */
export interface UsagePart {
  /** The tokens that it belongs to. `null`: it is billed beside tokens. */
  readonly of: 'input' | 'output' | null;
  /**
   * - `total`: all tokens of the input or of the output.
   * - `part`: tokens of the total with a price of their own. No token is in two parts.
   * - `share`: tokens of the total at the price of the part that they are in.
   * - `seconds`, `uses`: not tokens.
   */
  readonly kind: 'total' | 'part' | 'share' | 'seconds' | 'uses';
  /** The count is `null` if the provider did not count the total. */
  readonly nullable?: true;
  /** If parts exceed their total, the ones that are clamped last lose. Default: the order of the table. */
  readonly clampAfter?: string;
  /** The name of its price in `ModelPrices`, with the keys of it in `@pydantic/genai-prices`: the first one listed holds. */
  readonly price?: Readonly<Record<string, readonly string[]>>;
  /**
   * The attribute of `chat` spans. Parts with the same object are added up. Omitted for 0, unless `ifZero` is set.
   * `olderName`: an additional name for versions of the conventions before the latest.
   */
  readonly attribute?: { readonly name: string; readonly olderName?: string; readonly ifZero?: true };
  /** The attribute of `llm.*` spans. Omitted for `null`. */
  readonly callAttribute?: string;
  /** The counter `gen_ai.client.inference.usage.<name>`. Parts with the same object are added up. */
  readonly counter?: { readonly name: string; readonly description: string };
  /** The modality of a part in the counter of its total (`gen_ai.token.modality`). */
  readonly modality?: string;
  /** The name in `Measures`, if rollups sum it. Parts with the same measure are added up. */
  readonly measure?: string;
  /** The row of the dashboard's receipt. */
  readonly label: string;
}

/** Cache writes are told apart by their lifetime for their prices only. */
const CACHE_WRITE = {
  attribute: {
    name: 'gen_ai.usage.cache_write.input_tokens',
    // As 1.41 named it: what was built on published constants looks for that.
    olderName: 'gen_ai.usage.cache_creation.input_tokens',
  },
  counter: {
    name: 'cache_write.input_tokens',
    description: "Input tokens that were written to the provider's cache.",
  },
  measure: 'cacheWriteTokens',
} as const;

/**
 * The table of usage parts. Types, drafts, sums, clamping, stored records, prices, receipts, attributes, metrics and the
 * rows of the dashboard are derived from it, so a new kind of token is one new row here (and the wire formats that read
 * it). Add rows at the end: the order of the new ones is the order in which they are stored.
 *
 * The comment of a row documents the field of `Usage`, that of its price the field of `ModelPrices`.
 */
export const USAGE_PARTS = {
  /** All input tokens, those read from and written to a cache included. */
  inputTokens: {
    of: 'input',
    kind: 'total',
    price: {
      /** Absent for models that are billed by time. */
      input: ['input_mtok'],
    },
    attribute: { name: 'gen_ai.usage.input_tokens', ifZero: true },
    callAttribute: 'llm.prompt_tokens',
    counter: { name: 'input_tokens', description: 'Input tokens used, cached ones included.' },
    measure: 'inputTokens',
    label: 'Input',
  },
  /** The part of the input that was read from the provider's prompt cache; `null` if the input is not the provider's count. */
  cachedInputTokens: {
    of: 'input',
    kind: 'part',
    nullable: true,
    price: { cachedInput: ['cache_read_mtok'] },
    attribute: { name: 'gen_ai.usage.cache_read.input_tokens', ifZero: true },
    callAttribute: 'llm.cached_tokens',
    counter: {
      name: 'cache_read.input_tokens',
      description: "Input tokens that came from the provider's cache.",
    },
    measure: 'cachedInputTokens',
    label: 'Input from cache',
  },
  /** The part of the input that was written to a cache kept for five minutes (or for the provider's default time). */
  cacheWriteTokens5m: {
    of: 'input',
    kind: 'part',
    // Formats compute it as the rest of all writes.
    clampAfter: 'cacheWriteTokens12h',
    price: {
      /** Writes to a cache kept for five minutes, or for the provider's default time. */
      cacheWrite5m: ['cache_write_mtok'],
    },
    ...CACHE_WRITE,
    label: 'Cache write',
  },
  /** The part of the input that was written to a cache kept for one hour. */
  cacheWriteTokens1h: {
    of: 'input',
    kind: 'part',
    price: { cacheWrite1h: ['cache_write_1h_mtok'] },
    ...CACHE_WRITE,
    label: 'Cache write, 1 hour',
  },
  /** The part of the input that was written to a cache kept for twelve hours. */
  cacheWriteTokens12h: {
    of: 'input',
    kind: 'part',
    price: {
      /** OpenAI's longer lifetime; its shorter one of thirty minutes is its default, `cacheWrite5m`. */
      cacheWrite12h: [],
    },
    ...CACHE_WRITE,
    label: 'Cache write, 12 hours',
  },
  /** The part of the input that was audio. */
  audioInputTokens: {
    of: 'input',
    kind: 'part',
    price: { audioInput: ['input_audio_mtok'] },
    modality: 'audio',
    label: 'Audio input',
  },
  /** The part of the input that was images; 0 where the provider does not tell. */
  imageInputTokens: {
    of: 'input',
    kind: 'part',
    price: { imageInput: ['input_image_mtok'] },
    modality: 'image',
    label: 'Image input',
  },
  /** All output tokens, reasoning included. */
  outputTokens: {
    of: 'output',
    kind: 'total',
    price: {
      /** Absent for models that write nothing, such as embeddings. */
      output: ['output_mtok'],
    },
    attribute: { name: 'gen_ai.usage.output_tokens', ifZero: true },
    callAttribute: 'llm.completion_tokens',
    counter: { name: 'output_tokens', description: 'Output tokens used, reasoning included.' },
    measure: 'outputTokens',
    label: 'Output',
  },
  /** The part of the output that was reasoning ("thinking"); `null` if the output is not the provider's count. */
  reasoningTokens: {
    of: 'output',
    kind: 'share',
    nullable: true,
    attribute: { name: 'gen_ai.usage.reasoning.output_tokens' },
    callAttribute: 'llm.reasoning_tokens',
    counter: { name: 'reasoning.output_tokens', description: 'Output tokens that were reasoning.' },
    measure: 'reasoningTokens',
    label: 'of which reasoning',
  },
  /** The part of the output that was audio. */
  audioOutputTokens: {
    of: 'output',
    kind: 'part',
    price: { audioOutput: ['output_audio_mtok'] },
    modality: 'audio',
    label: 'Audio output',
  },
  /** The part of the output that was images. */
  imageOutputTokens: {
    of: 'output',
    kind: 'part',
    price: { imageOutput: ['output_image_mtok'] },
    modality: 'image',
    label: 'Image output',
  },
  /** Audio that was billed by its length instead of by tokens, in seconds. */
  audioSeconds: {
    of: null,
    kind: 'seconds',
    price: {
      /** USD per hour of audio. */
      audioTime: ['audio_hours', 'input_audio_hours'],
    },
    label: 'Audio',
  },
  /** Web searches that the provider ran and bills for, a number of requests. */
  webSearchRequests: {
    of: null,
    kind: 'uses',
    price: {
      /** USD per thousand searches. */
      webSearch: ['web_searches_kcount'],
    },
    label: 'Web searches',
  },
} as const satisfies Readonly<Record<string, UsagePart>>;

type Parts = typeof USAGE_PARTS;

/** Names a row of the table. */
export type UsagePartName = keyof Parts;

/** Names the rows with a property, such as `{ kind: 'total' }`. */
export type UsagePartWith<Property> = {
  [Name in UsagePartName]: Parts[Name] extends Property ? Name : never;
}[UsagePartName];

/** The counts of a usage: one field for each row of the table. */
export type UsageCounts = {
  readonly [Name in keyof Parts]: Parts[Name] extends { readonly nullable: true } ? number | null : number;
};

/** The prices of all rows: their names in `ModelPrices`, with their keys in the price table. */
type PricesOf<Part> = Part extends { readonly price: infer Price } ? (prices: Price) => void : never;
export type UsagePrices = PricesOf<Parts[UsagePartName]> extends (prices: infer All) => void ? All : never;

/** Names a price of a usage part in `ModelPrices`. */
export type UsagePriceName = keyof UsagePrices;

/** Names a sum of usage parts in `Measures`. */
export type UsageMeasure = Extract<Parts[UsagePartName], { readonly measure: string }>['measure'];

/**
 * Token counts of one attempt, the same shape for every provider. A part never exceeds its whole: cached and cache
 * write tokens are parts of the input, reasoning tokens are a part of the output. All counts are whole tokens.
 *
 * @publicApi
 */
export interface Usage extends UsageCounts {
  /** Other tools that the provider ran and charges for besides the tokens: how often, by name (`file_search`, …). */
  readonly toolUses: ToolUses;
  /** The service tier that answered, in the provider's word; `null` when it named none. */
  readonly serviceTier: string | null;
  /** Anthropic's `speed`, in its word; `null` when it named none. */
  readonly speed: string | null;
  /** Anthropic's `inference_geo`, in its word; `null` when it named none. */
  readonly geo: string | null;
  /** True when the provider's figures contradicted each other and were clamped. */
  readonly clamped: boolean;
  readonly source: UsageSource;
}

/** A row of the table with its name and the name of its price. Every row has every field, `undefined` if not given. */
export type UsageRow = {
  readonly [Property in keyof Required<Omit<UsagePart, 'price' | 'measure'>>]: UsagePart[Property];
} & {
  readonly name: UsagePartName;
  /** Its position in the table. */
  readonly index: number;
  /** `null`: it has no price of its own. */
  readonly price: UsagePriceName | null;
  /** The keys of the price in the price table. */
  readonly priceKeys: readonly string[];
  readonly measure: UsageMeasure | undefined;
};

/** The rows in the order of the table. */
export const USAGE_ROWS: readonly UsageRow[] = Object.entries<UsagePart>(USAGE_PARTS).map(
  ([name, part], index) => {
    const [price = null, priceKeys = []] = Object.entries(part.price ?? {})[0] ?? [];
    // One shape for all rows: V8 reads the fields of such objects fastest.
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

/** A usage of nothing: what counts of a kind that was not said are. */
export const NO_USAGE: Usage = Object.freeze({
  ...NO_COUNTS,
  toolUses: NO_TOOLS,
  serviceTier: null,
  speed: null,
  geo: null,
  clamped: false,
  source: 'provider',
});

/** The usage of an answer whose counts are not known: its zeros mean nothing. */
export const MISSING_USAGE: Usage = Object.freeze({
  ...NO_USAGE,
  ...Object.fromEntries(USAGE_ROWS.filter(({ nullable }) => nullable).map(({ name }) => [name, null])),
  source: 'missing',
});

/** Parts that are added up under one name, with the first of their rows. */
export interface UsageSum<Name> {
  readonly name: Name;
  readonly row: UsageRow;
  readonly parts: readonly UsagePartName[];
}

/** Groups the rows that are added up under one name, in the order of the table. Rows without a name are left out. */
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

/** The parts that are added up in each measure. */
export const MEASURED_SUMS = usageSums(({ measure }) => measure);

/** Adds up parts of a usage. Parts that are not known count as 0. */
export function sumOfParts(usage: UsageCounts, parts: readonly UsagePartName[]): number {
  let sum = 0;
  for (const part of parts) sum += usage[part] ?? 0;
  return sum;
}

/** A part of a usage that is not 0. */
export interface UsedPart {
  readonly row: UsageRow;
  readonly count: number;
}

const ROWS: ReadonlyMap<string, UsageRow> = new Map(USAGE_ROWS.map((row) => [row.name, row]));

/** The positions of rows on a receipt: the input with its parts, the output with its parts, then what is no token. */
const RECEIPT_ORDER = (['input', 'output', null] as const).flatMap((of) =>
  USAGE_ROWS.filter((row) => row.of === of),
);
const RECEIPT_POSITIONS = USAGE_ROWS.map((row) => RECEIPT_ORDER.indexOf(row));

/**
 * Finds the parts that are not 0, in the order of receipts. Most usages have two to four of them.
 *
 * @note In V8, access by a name that differs each time costs about 15 ns, access by the name of a `for … in` about 2 ns.
 * Fields are usually in the order of the table, which spares the look-up of the row.
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

/** Compares parts by the position of their row: `positions` has one for each row of the table. */
export function byPositions(positions: readonly number[]): (one: UsedPart, other: UsedPart) => number {
  return ({ row: one }, { row: other }) => positions[one.index]! - positions[other.index]!;
}

let lastUsage: UsageCounts | null = null;
let lastUsed: readonly UsedPart[] = [];

/**
 * Returns the parts of a usage that are not 0, in the order of receipts. Prices and spans of an attempt need them one
 * after the other, so the last list is kept.
 */
export function usedParts(usage: UsageCounts): readonly UsedPart[] {
  if (usage !== lastUsage) keepUsedParts(usage, findUsedParts(usage));
  return lastUsed;
}

/** Keeps the parts of a usage, if they are known already, for those who need them next. */
export function keepUsedParts(usage: UsageCounts, used: readonly UsedPart[]): void {
  lastUsage = usage;
  lastUsed = used;
}

/**
 * Source of token counts. `estimated`: input, output or both are estimated from the text. `missing`: the provider
 * reported none and there is no text to estimate them from; all counts are 0 or `null`.
 */
export type UsageSource = 'provider' | 'estimated' | 'missing';

/** Number of uses by tool name. */
export type ToolUses = Readonly<Record<string, number>>;

/** Shared empty value, since most responses use no tools. */
export const NO_TOOLS: ToolUses = Object.freeze({});

/** Row of `USAGE_PARTS`: a quantity that providers report, and everything derived from it. */
export interface UsagePart {
  /** Total that the part belongs to. `null`: it is billed in addition to tokens. */
  readonly of: 'input' | 'output' | null;
  /**
   * - `total`: all tokens of the input or of the output.
   * - `part`: tokens of the total with a separate price. No token is in two parts.
   * - `share`: tokens of the total that are charged at the price of the part that contains them.
   * - `seconds`, `uses`: not tokens.
   */
  readonly kind: 'total' | 'part' | 'share' | 'seconds' | 'uses';
  /** The count is `null` if the provider did not report the total. */
  readonly nullable?: true;
  /** Row after which this part is clamped. Excess over the total reduces the last parts. Default: table order. */
  readonly clampAfter?: string;
  /** Name of the price in `ModelPrices`, with its keys in `@pydantic/genai-prices`: the first key found applies. */
  readonly price?: Readonly<Record<string, readonly string[]>>;
  /**
   * Attribute of `chat` spans. Parts that share this object are summed. Omitted for 0 unless `ifZero` is set.
   * `olderName`: additional name for versions of the conventions before the latest.
   */
  readonly attribute?: { readonly name: string; readonly olderName?: string; readonly ifZero?: true };
  /** Attribute of `llm.*` spans. Omitted for `null`. */
  readonly callAttribute?: string;
  /** Counter `gen_ai.client.inference.usage.<name>`. Parts that share this object are summed. */
  readonly counter?: { readonly name: string; readonly description: string };
  /** Modality of the part in the counter of its total (`gen_ai.token.modality`). */
  readonly modality?: string;
  /** Name in `Measures`, if rollups sum the part. Parts with the same name are summed. */
  readonly measure?: string;
  /** Label of the row in the dashboard's receipt. */
  readonly label: string;
}

/** Cache writes of different lifetimes differ only in price. */
const CACHE_WRITE = {
  attribute: {
    name: 'gen_ai.usage.cache_write.input_tokens',
    // Name in version 1.41 of the conventions, which consumers of its published constants still read.
    olderName: 'gen_ai.usage.cache_creation.input_tokens',
  },
  counter: {
    name: 'cache_write.input_tokens',
    description: "Input tokens that were written to the provider's cache.",
  },
  measure: 'cacheWriteTokens',
} as const;

/**
 * Table of usage parts. Types, drafts, sums, clamping, stored records, prices, receipts, attributes, metrics and the
 * rows of the dashboard are derived from it, so a new kind of token needs one row here (and the wire formats that read
 * it). Add rows at the end: new parts are stored in table order.
 *
 * The comment of a row documents the field of `Usage`; the comment of its price documents the field of `ModelPrices`.
 */
export const USAGE_PARTS = {
  /** All input tokens, including tokens read from and written to a cache. */
  inputTokens: {
    of: 'input',
    kind: 'total',
    price: {
      /** Omitted for models that are billed by time. */
      input: ['input_mtok'],
    },
    attribute: { name: 'gen_ai.usage.input_tokens', ifZero: true },
    callAttribute: 'llm.prompt_tokens',
    counter: { name: 'input_tokens', description: 'Input tokens used, cached ones included.' },
    measure: 'inputTokens',
    label: 'Input',
  },
  /** Part of the input read from the provider's prompt cache; `null` if the provider did not report the input. */
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
  /** Part of the input that was written to a cache kept for five minutes (or for the provider's default lifetime). */
  cacheWriteTokens5m: {
    of: 'input',
    kind: 'part',
    // Formats compute it as all writes minus the other lifetimes.
    clampAfter: 'cacheWriteTokens12h',
    price: {
      /** Writes to a cache kept for five minutes, or for the provider's default lifetime. */
      cacheWrite5m: ['cache_write_mtok'],
    },
    ...CACHE_WRITE,
    label: 'Cache write',
  },
  /** Part of the input that was written to a cache kept for one hour. */
  cacheWriteTokens1h: {
    of: 'input',
    kind: 'part',
    price: { cacheWrite1h: ['cache_write_1h_mtok'] },
    ...CACHE_WRITE,
    label: 'Cache write, 1 hour',
  },
  /** Part of the input that was written to a cache kept for twelve hours. */
  cacheWriteTokens12h: {
    of: 'input',
    kind: 'part',
    price: {
      /** OpenAI's longer cache lifetime. Its default lifetime of thirty minutes is charged as `cacheWrite5m`. */
      cacheWrite12h: [],
    },
    ...CACHE_WRITE,
    label: 'Cache write, 12 hours',
  },
  /** Part of the input that was audio. */
  audioInputTokens: {
    of: 'input',
    kind: 'part',
    price: { audioInput: ['input_audio_mtok'] },
    modality: 'audio',
    label: 'Audio input',
  },
  /** Part of the input that was images; 0 if the provider does not report it. */
  imageInputTokens: {
    of: 'input',
    kind: 'part',
    price: { imageInput: ['input_image_mtok'] },
    modality: 'image',
    label: 'Image input',
  },
  /** All output tokens, including reasoning. */
  outputTokens: {
    of: 'output',
    kind: 'total',
    price: {
      /** Omitted for models without output tokens, such as embeddings. */
      output: ['output_mtok'],
    },
    attribute: { name: 'gen_ai.usage.output_tokens', ifZero: true },
    callAttribute: 'llm.completion_tokens',
    counter: { name: 'output_tokens', description: 'Output tokens used, reasoning included.' },
    measure: 'outputTokens',
    label: 'Output',
  },
  /** Part of the output that was reasoning ("thinking"); `null` if the provider did not report the output. */
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
  /** Part of the output that was audio. */
  audioOutputTokens: {
    of: 'output',
    kind: 'part',
    price: { audioOutput: ['output_audio_mtok'] },
    modality: 'audio',
    label: 'Audio output',
  },
  /** Part of the output that was images. */
  imageOutputTokens: {
    of: 'output',
    kind: 'part',
    price: { imageOutput: ['output_image_mtok'] },
    modality: 'image',
    label: 'Image output',
  },
  /** Seconds of audio that is billed by its length instead of by tokens. */
  audioSeconds: {
    of: null,
    kind: 'seconds',
    price: {
      /** USD per hour of audio. */
      audioTime: ['audio_hours', 'input_audio_hours'],
    },
    label: 'Audio',
  },
  /** Number of web searches that the provider ran and bills. */
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
  /** `true` if the provider's counts contradicted each other and were clamped. */
  readonly clamped: boolean;
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

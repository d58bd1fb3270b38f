import type { ResponseDraft, UsageDraft } from './response-draft.js';
import {
  byPositions,
  findUsedParts,
  keepUsedParts,
  MISSING_USAGE,
  NO_USAGE,
  USAGE_ROWS,
  type Usage,
  type UsagePartWith,
  type UsageRow,
  type UsageSource,
  type UsedPart,
} from './usage.js';
import { totalsOf, type UsageTotals } from './usage-arithmetic.js';

/** Average UTF-8 bytes per token. Estimates are accurate to about a third. */
const BYTES_PER_TOKEN = 4;

/** Estimates the number of tokens in `bytes` of UTF-8 text. */
export function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/**
 * Returns the usage of a response. Totals that the provider did not report are estimated from the text; `inputBytes` is
 * called only for an estimate. If one of the two cannot be estimated, the usage is `missing` and has no counts.
 * Contradictions are clamped (a part never exceeds its total, nothing is negative) and flagged.
 */
export function toUsage(
  response: ResponseDraft,
  outputSeen: boolean,
  inputBytes: () => number | null,
): Usage {
  const { usage } = response;
  const totals = totalsOf(usage);
  if (totals.outputTokens === null && !outputSeen) return missing(usage);
  let input = totals.inputTokens;
  if (input === null) {
    const bytes = inputBytes();
    if (bytes === null) return missing(usage);
    input = estimateTokens(bytes);
  }
  const output = totals.outputTokens ?? estimateTokens(response.outputBytes);
  return clampedUsage(usage, input, output, totals);
}

/** Omits all counts, because partial counts would read as totals. Fields that select a price are kept. */
function missing({ serviceTier, speed, geo }: UsageDraft): Usage {
  return { ...MISSING_USAGE, serviceTier, speed, geo };
}

/** Returns the usage of a provider's complete counts. */
export function countsToUsage(draft: UsageDraft): Usage {
  const { inputTokens, outputTokens, ...flags } = totalsOf(draft);
  const complete = { inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0, ...flags };
  return clampedUsage(draft, complete.inputTokens, complete.outputTokens, complete);
}

/** @param totals - which totals are reported; the others are estimated */
function clampedUsage(draft: UsageDraft, input: number, output: number, totals: UsageTotals): Usage {
  const source: UsageSource =
    totals.inputTokens === null || totals.outputTokens === null ? 'estimated' : 'provider';
  const usage: Writable<Usage> = { ...EMPTY };
  const inputTokens = Math.max(0, input);
  const outputTokens = Math.max(0, output);
  let inputLeft = inputTokens;
  let outputLeft = outputTokens;
  let clamped = totals.contradictory || draft.invalid || inputTokens !== input || outputTokens !== output;
  const used = findUsedParts(draft);
  for (const { row, count } of inClampOrder(used)) {
    const { name, of, kind } = row;
    if (kind === 'total') continue;
    let most = Infinity;
    if (of === 'input') most = kind === 'share' ? inputTokens : inputLeft;
    else if (of === 'output') most = kind === 'share' ? outputTokens : outputLeft;
    const kept = Math.min(Math.max(0, count), most);
    usage[name] = kept;
    if (kept !== count) clamped = true;
    if (kind !== 'part') continue;
    if (of === 'input') inputLeft -= kept;
    else outputLeft -= kept;
  }
  // An omitted part of a reported total is 0; parts of an unreported total are unknown.
  if (source === 'estimated') forgetUncounted(usage, totals);
  usage.inputTokens = inputTokens;
  usage.outputTokens = outputTokens;
  usage.toolUses = draft.toolUses;
  usage.serviceTier = draft.serviceTier;
  usage.speed = draft.speed;
  usage.geo = draft.geo;
  usage.clamped = clamped;
  usage.derived = totals.derived;
  usage.source = source;
  if (!clamped && source === 'provider' && isUnchanged(draft, usage)) keepUsedParts(usage, used);
  return usage;
}

/** Returns whether the totals of a usage are those that were reported. */
function isUnchanged(draft: UsageDraft, { inputTokens, outputTokens }: Usage): boolean {
  return draft.inputTokens === inputTokens && draft.outputTokens === outputTokens;
}

type Writable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** Not frozen, because copying a frozen object is slower. */
const EMPTY: Usage = { ...NO_USAGE };

function forgetUncounted(usage: Writable<Usage>, { inputTokens, outputTokens }: UsageTotals): void {
  for (const { name, of } of NULLABLE)
    if ((of === 'input' ? inputTokens : outputTokens) === null) usage[name] = null;
}

type NullableName = UsagePartWith<{ readonly nullable: true }>;

const NULLABLE = USAGE_ROWS.filter(({ nullable }) => nullable) as ReadonlyArray<
  UsageRow & { readonly name: NullableName }
>;

/** Sorts parts for clamping: if they exceed their total, the last ones are reduced. */
function inClampOrder(used: readonly UsedPart[]): readonly UsedPart[] {
  let last = -1;
  for (const { row } of used) {
    const position = CLAMP_POSITIONS[row.index]!;
    if (position < last) return [...used].sort(byPositions(CLAMP_POSITIONS));
    last = position;
  }
  return used;
}

/** Clamping positions by row index. A row with `clampAfter` directly follows that row. */
const CLAMP_POSITIONS = USAGE_ROWS.map(({ index, clampAfter }) =>
  clampAfter === undefined ? index : USAGE_ROWS.findIndex(({ name }) => name === clampAfter) + 0.5,
);

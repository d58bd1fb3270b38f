import type { AttemptRecord, CallDetail, CostLine } from '../../api/index.js';
import { MEASURED_SUMS, sumOfParts, USAGE_ROWS } from '../../../wire/usage.js';
import { USAGE_PARTS } from '../../../wire/usage-table.js';
import { exactMoney, wholeCount } from '../formats/formats.js';

/** Itemized cost of an attempt. */
export interface Receipt {
  /** Source of the token counts. */
  readonly source: string;
  readonly rows: readonly ReceiptRow[];
  /** `null` if there is nothing to add up. */
  readonly total: { readonly tokens: string | null; readonly cost: LineCost } | null;
  /** Source of the price, or the reason why there is none. */
  readonly note: string;
}

export interface ReceiptRow {
  readonly label: string;
  /** Tokens, or other priced units. */
  readonly quantity: string;
  /** USD per priced unit; `null` without a price. */
  readonly rate: string | null;
  readonly cost: LineCost;
  /** Part of the row above, included in its cost. */
  readonly within: boolean;
}

/** `null`: unknown. `part`: included in another row. Else in steps of $0.00001; smaller costs are shown as `<`. */
export type LineCost = { readonly steps: number; readonly usd: number } | 'part' | null;

export function receiptOf({ usage, cost, failure, status }: AttemptRecord): Receipt {
  if (usage === null) {
    const refused = failure !== null && status !== null;
    return {
      source: 'not billed',
      rows: [],
      total: null,
      note: refused
        ? 'Nothing can have been billed: it was refused before there was an response.'
        : 'Nothing can have been billed: there was no response.',
    };
  }
  if (usage.source === 'missing')
    return {
      source: 'usage not reported',
      rows: [],
      total: null,
      note: 'The provider reported no usage, and there was nothing to estimate it from.',
    };
  const sign = usage.source === 'estimated' ? '~' : '';
  const source =
    usage.source === 'estimated' ? 'usage estimated: none was reported' : 'usage reported by the provider';
  const reasoning = (tokens: number): ReceiptRow[] => [
    {
      label: USAGE_PARTS.reasoningTokens.label,
      quantity: sign + wholeCount(tokens),
      rate: null,
      cost: 'part',
      within: true,
    },
  ];
  if (cost === null || cost.source === 'unknown') {
    const kinds = USAGE_LABELS.filter(([, of]) => of(usage) > 0);
    return {
      source,
      rows: [
        ...kinds.map(([label, of]): ReceiptRow => ({
          label,
          quantity: sign + wholeCount(of(usage)),
          rate: null,
          cost: null,
          within: false,
        })),
        ...(usage.reasoningTokens ? reasoning(usage.reasoningTokens) : []),
      ],
      total: { tokens: sign + wholeCount(usage.inputTokens + usage.outputTokens), cost: null },
      note: cost === null ? 'Not priced.' : `Not priced: ${cost.reason}.`,
    };
  }
  const steps = addingUp(cost.lines.map(({ costUsd }) => costUsd));
  const tokens = cost.lines
    .filter(({ kind }) => !UNITS.has(kind))
    .reduce((sum, { quantity }) => sum + quantity, 0);
  return {
    source,
    rows: cost.lines.flatMap((line, index) => {
      const row: ReceiptRow = {
        label: labelOf(line),
        quantity: UNITS.get(line.kind)?.quantity(line.quantity) ?? sign + wholeCount(line.quantity),
        rate: rateText(line.usdPerUnit) + (UNITS.get(line.kind)?.per ?? ''),
        cost: { steps: steps[index]!, usd: line.costUsd },
        within: false,
      };
      if (line.kind !== 'output') return [row];
      return [row, ...reasoning(line.reasoning?.quantity ?? 0)];
    }),
    total: {
      tokens: tokens > 0 ? sign + wholeCount(tokens) : null,
      cost: { steps: Math.round(cost.costUsd / STEP_USD), usd: cost.costUsd },
    },
    note: [
      `Price: ${cost.pricedFrom}, ${cost.pricedAs}, ${tierText(usage.serviceTier)}.`,
      ...(cost.multipliers ?? []).map(multiplierText),
    ].join(' '),
  };
}

/** Formats the exact totals of the attempt and of its call; `null` without a known cost. */
export function exactText({ costUsd, record }: CallDetail, { cost }: AttemptRecord): string | null {
  const ofAttempt = cost && cost.source !== 'unknown' ? exactMoney(cost.costUsd) : null;
  const count = record.attempts.length;
  const ofCall = costUsd === null ? null : exactMoney(costUsd);
  // Refused attempts cost nothing, so one attempt can account for the whole cost of the call.
  if (count === 1 || ofAttempt === ofCall) return ofAttempt && `Exact total: ${ofAttempt}.`;
  const parts = [
    ofAttempt && `${ofAttempt} for this attempt`,
    ofCall && `${ofCall} for all ${count} attempts`,
  ].filter(Boolean);
  return parts.length > 0 ? `Exact total: ${parts.join(', ')}.` : null;
}

/** Costs are shown in multiples of this step. */
export const STEP_USD = 0.00001;

/**
 * Rounds amounts to whole steps that add up to their rounded sum (largest remainder method): each is rounded down, and
 * the missing steps are added to the amounts with the largest remainders.
 */
export function addingUp(usds: readonly number[]): number[] {
  const exact = usds.map((usd) => usd / STEP_USD);
  const steps = exact.map((value) => Math.floor(value + 1e-9));
  let missing = Math.round(sum(exact)) - sum(steps);
  const byLoss = exact
    .map((value, index) => ({ index, loss: value - steps[index]! }))
    .sort((a, b) => b.loss - a.loss);
  for (const { index } of byLoss) {
    if (missing <= 0) break;
    steps[index]!++;
    missing--;
  }
  return steps;
}

type Kind = CostLine['kind'];

function labelOf({ kind, tool, pricedAs }: CostLine): string {
  const label = kind === 'tool' && tool ? tool : LABELS.get(kind)!;
  return pricedAs ? `${label}, ${pricedAs}` : label;
}

const LABELS: ReadonlyMap<Kind, string> = new Map([
  ...USAGE_ROWS.flatMap(({ price, label }): Array<[Kind, string]> =>
    price === null ? [] : [[price, label]],
  ),
  ['tool', 'Tools'],
]);

interface Unit {
  readonly per: string;
  readonly quantity: (value: number) => string;
}

const HOURS: Unit = { per: ' an hour', quantity: (ms) => `${wholeCount(ms / 1000)} s` };
const USES: Unit = { per: ' per 1,000', quantity: (uses) => `${wholeCount(uses)} uses` };

/** Units of kinds that are not priced per million tokens. */
const UNITS: ReadonlyMap<Kind, Unit> = new Map([
  ...USAGE_ROWS.flatMap(({ price, of, kind }): Array<[Kind, Unit]> =>
    price === null || of !== null ? [] : [[price, kind === 'seconds' ? HOURS : USES]],
  ),
  ['tool', USES],
]);

type Usage = NonNullable<AttemptRecord['usage']>;

/** Labels of disjoint parts, grouped by measure: totals count only tokens that are in no other part. */
const USAGE_LABELS: ReadonlyArray<readonly [label: string, of: (usage: Usage) => number]> =
  MEASURED_SUMS.filter(({ row }) => row.kind !== 'share').map(({ row, parts }) => {
    const others = MEASURED_SUMS.filter(({ row: { of, kind } }) => of === row.of && kind === 'part');
    const without = row.kind === 'total' ? others.flatMap(({ parts }) => parts) : [];
    return [row.label, (usage) => sumOfParts(usage, parts) - sumOfParts(usage, without)];
  });

/** Formats a price with two to six decimals. */
function rateText(usd: number): string {
  return usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 });
}

/** Names the rule and its source: `× 1.1 for endpoint in eu (https://…, 2026-11).` */
function multiplierText({ name, factor, source }: NonNullable<KnownCost['multipliers']>[number]): string {
  return `× ${rateText(factor).replace(/\.?0+$/, '')} for ${name} (${source}).`;
}

type KnownCost = Extract<NonNullable<AttemptRecord['cost']>, { lines: unknown }>;

function tierText(tier: string | null): string {
  return tier === null || tier === 'default' || tier === 'standard' ? 'standard tier' : `${tier} tier`;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

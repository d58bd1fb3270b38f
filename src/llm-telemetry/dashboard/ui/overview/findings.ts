import type { Breakdown, Summary, TimeRange, AlertsResponse, Quality } from '../../api/index.js';
import { counted, moment, money, percent, wholeCount, duration } from '../formats/formats.js';
import { nameText } from '../formats/names.js';
import { lengthWords } from '../state/time-range.js';
import { isLowerBound, isUnpriced } from './kpis.js';
import { MS, RATIO } from '../formats/measure-formats.js';

/** Sentence in parts; `strong` parts are emphasized. */
export type Sentence = ReadonlyArray<{ readonly text: string; readonly strong?: boolean }>;

/** Smaller relative changes are not mentioned. */
const NOTABLE = 0.05;

/**
 * Returns the verdict: spend, its change and the feature with the largest share. `moves`: the range ends now, so its end
 * is omitted. `upTo`: end of outdated data; `null` if it is current.
 */
export function verdictOf(
  summary: Summary,
  byFeature: Breakdown | null,
  { compare, moves, upTo }: { compare: boolean; moves: boolean; upTo: number | null },
): Sentence {
  const span = spanText(summary.range, moves, upTo, summary.asOf);
  if (isUnpriced(summary))
    return [
      { text: counted(summary.calls, 'call'), strong: true },
      {
        text:
          summary.unpricedCalls === summary.calls
            ? ` ${span}, all unpriced.`
            : ` ${span}, ${wholeCount(summary.unpricedCalls)} of them unpriced.`,
      },
    ];
  if (summary.costUsd === 0 && isLowerBound(summary))
    return [
      { text: counted(summary.calls, 'call'), strong: true },
      { text: ` ${span}, at an unknown cost.` },
    ];
  if (summary.costUsd === 0)
    return [{ text: counted(summary.calls, 'call'), strong: true }, { text: ` ${span} cost nothing.` }];
  const before = compare ? summary.before.costUsd : 0;
  return [
    ...(isLowerBound(summary) ? [{ text: 'At least ' }] : []),
    { text: money(summary.costUsd), strong: true },
    { text: ` ${span}${directionText(summary.costUsd, before)}. ` },
    ...culpritOf(summary.costUsd, before, byFeature),
  ];
}

/** `in 24 hours`, `in the 24 hours to 14:41`, `in the 6 hours to 22 Nov, 14:00`. */
function spanText(range: TimeRange, moves: boolean, upTo: number | null, now: number): string {
  const length = lengthWords(range);
  if (moves && upTo === null) return `in ${length}`;
  return `in the ${length} to ${moment(upTo ?? range.to, now)}`;
}

function directionText(cost: number, before: number): string {
  if (before === 0) return '';
  const size = cost / before - 1;
  if (Math.abs(size) < NOTABLE) return '';
  if (size >= 10) return `, ${wholeCount(cost / before)} times as much as before`;
  return `, ${size > 0 ? 'up' : 'down'} ${percent(Math.abs(size))}`;
}

function culpritOf(cost: number, before: number, byFeature: Breakdown | null): Sentence {
  const [first, second] = byFeature?.groups ?? [];
  if (!first || first.measures.costUsd === 0) return [];
  const name = { text: nameText(first.names.feature), strong: true };
  const share = first.measures.costUsd / cost;
  if (!second || share > 1 - 1e-9) return [name, { text: ' is all of it.' }];
  const rise = cost - before;
  const own = first.measures.costUsd - (first.before?.costUsd ?? 0);
  const risen = before > 0 && rise / before >= NOTABLE && own > 0;
  if (!risen) return [name, { text: ` is ${percent(share)} of it.` }];
  const part = own / rise >= 0.995 ? 'all' : percent(own / rise);
  return [name, { text: ` is ${percent(share)} of it and ${part} of the rise.` }];
}

export interface DurationRow {
  readonly operation: string;
  readonly feature: string;
  readonly p50: number;
  readonly p99: number;
  /** Alert limit; `null` without one. */
  readonly limit: number | null;
}

/** Number of operations that fit. */
export const SHOWN_DURATIONS = 7;

/** Returns all operations, slowest first. */
export function durationsOf(breakdown: Breakdown, alerts: AlertsResponse | null): DurationRow[] {
  const rule = alerts?.alerts.find(({ name, state }) => name === 'high_latency' && state !== 'disabled');
  const limitOf = (operation: string, feature: string): number | null =>
    rule?.instances.find(
      ({ names }) =>
        names.operation === operation && (names.feature === undefined || names.feature === feature),
    )?.limit ??
    rule?.limit ??
    null;
  return breakdown.groups
    .flatMap(({ names, measures }): DurationRow[] => {
      const operation = nameText(names.operation);
      const feature = nameText(names.feature);
      const { duration: quantiles } = measures;
      if (!quantiles) return [];
      return [
        { operation, feature, p50: quantiles.p50, p99: quantiles.p99, limit: limitOf(operation, feature) },
      ];
    })
    .sort((a, b) => b.p99 - a.p99);
}

/** Returns the finding for the whole range if no alert is open: operations above their limit, or closest to it. */
export function durationFinding(rows: readonly DurationRow[]): string {
  const limited = rows
    .filter(({ limit }) => limit !== null)
    .sort((a, b) => b.p99 / b.limit! - a.p99 / a.limit!);
  const [first] = limited;
  if (!first)
    return rows[0] ? `${rows[0].operation} has the highest P99, ${duration(rows[0].p99)}` : 'No durations';
  const over = limited.filter(({ p99, limit }) => p99 > limit!);
  if (over.length > 1)
    return `P99 of ${over.length} operations is above their limits, most for ${first.operation}`;
  if (over.length === 1) return `P99 of ${first.operation} is above its limit of ${limitText(first.limit!)}`;
  const all = limited.length === 1 ? 'P99 is within its limit' : 'P99 is within all limits';
  return `${all}: ${first.operation} is closest, ${duration(first.p99)} of ${limitText(first.limit!)}`;
}

/** Formats a limit as configured: `10 s`, not `10.0 s`. */
function limitText(limit: number): string {
  return MS.tick(limit, limit);
}

/**
 * Returns the finding for the whole range if no alert is open: the model with the highest share of truncated calls.
 * `limit`: alert limit, as a ratio; `null` without one.
 */
export function truncationFinding({ groups, total }: Breakdown, limit: number | null): string {
  if (total.calls === 0) return 'No calls';
  const models = groups
    .filter(({ measures }) => measures.truncated > 0)
    .sort((a, b) => share(b) - share(a) || b.measures.calls - a.measures.calls);
  const [first] = models;
  if (!first) return 'No call was truncated';
  const { truncated, calls } = first.measures;
  const of = `${wholeCount(truncated)} of ${counted(calls, 'call')} to ${nameText(first.names.model)}`;
  const most = models.length > 1 ? ', the highest share' : '';
  const limitText = limit === null ? '' : `; alert above ${RATIO.tick(limit, limit)} of recent calls`;
  return `${of} truncated (${percent(truncated / calls)})${most}${limitText}`;
}

function share({ measures }: Breakdown['groups'][number]): number {
  return measures.calls === 0 ? 0 : measures.truncated / measures.calls;
}

/** Describes the spend if it is not a lower bound. Only billed calls have a price and usage. */
export function completeText({ billedCalls }: Pick<Quality, 'billedCalls'>): string {
  if (billedCalls === 0) return 'No call was billed.';
  return billedCalls === 1
    ? 'The billed call has a price and usage.'
    : `All ${counted(billedCalls, 'billed call')} have a price and usage.`;
}

import type { AlertsAnswer, Breakdown } from '../../api/index.js';
import { MS } from '../formats/figure-kinds.js';
import { duration } from '../formats/formats.js';
import { nameText } from '../formats/names.js';

export interface DurationRow {
  readonly operation: string;
  readonly feature: string;
  readonly p50: number;
  readonly p99: number;
  /** Above which an alert would fire; `null`: none is set. */
  readonly limit: number | null;
}

/** As many as there is room for. */
export const SHOWN_DURATIONS = 7;

/** All operations, those that take longest first. */
export function durationsOf(breakdown: Breakdown, alerts: AlertsAnswer | null): DurationRow[] {
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

/** The finding over the whole range, where no alert says more: who is over the limit of an alert, or closest to it. */
export function durationFinding(rows: readonly DurationRow[]): string {
  const limited = rows
    .filter(({ limit }) => limit !== null)
    .sort((a, b) => b.p99 / b.limit! - a.p99 / a.limit!);
  const [first] = limited;
  if (!first)
    return rows[0] ? `${rows[0].operation} has the highest P99, ${duration(rows[0].p99)}` : 'No durations';
  const over = limited.filter(({ p99, limit }) => p99 > limit!);
  if (over.length > 1)
    return `P99 of ${over.length} operations is above their limits; ${first.operation} most`;
  if (over.length === 1) return `P99 of ${first.operation} is above its limit of ${limitText(first.limit!)}`;
  const all = limited.length === 1 ? 'P99 is within its limit' : 'P99 is within all limits';
  return `${all}: ${first.operation} is closest, ${duration(first.p99)} of ${limitText(first.limit!)}`;
}

/** As it was set: `10 s`, and not `10.0 s`. */
function limitText(limit: number): string {
  return MS.tick(limit, limit);
}

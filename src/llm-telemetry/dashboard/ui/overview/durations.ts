import type { AlertsResponse, Breakdown } from '../../api/index.js';
import { MS } from '../formats/figure-kinds.js';
import { duration } from '../formats/formats.js';
import { nameText } from '../formats/names.js';

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

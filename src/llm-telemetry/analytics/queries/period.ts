import type { TimeRange } from '../../store/measures.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The last 24 hours, the running minute included. */
export function lastDay(now = Date.now()): TimeRange {
  // A call that ends in this very millisecond is in it.
  const to = Math.ceil((now + 1) / MINUTE_MS) * MINUTE_MS;
  return { from: to - DAY_MS, to };
}

/** Widened to whole minutes, as rollups are: so that the period before is as long, and shares no minute with it. */
export function wholeMinutes({ from, to }: TimeRange): TimeRange {
  return { from: Math.floor(from / MINUTE_MS) * MINUTE_MS, to: Math.ceil(to / MINUTE_MS) * MINUTE_MS };
}

/** The period of the same length that ended where this one starts. */
export function periodBefore({ from, to }: TimeRange): TimeRange {
  return { from: Math.max(0, from - (to - from)), to: from };
}

import type { TimeRange } from '../../store/measures.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Returns the last 24 hours, including the running minute. */
export function lastDay(now = Date.now()): TimeRange {
  // Includes a call that ends in this millisecond.
  const to = Math.ceil((now + 1) / MINUTE_MS) * MINUTE_MS;
  return { from: to - DAY_MS, to };
}

/** Widens a range to whole minutes, so that the previous period has the same length and shares no rollup with it. */
export function wholeMinutes({ from, to }: TimeRange): TimeRange {
  return { from: Math.floor(from / MINUTE_MS) * MINUTE_MS, to: Math.ceil(to / MINUTE_MS) * MINUTE_MS };
}

/** Returns the previous period of the same length. */
export function periodBefore({ from, to }: TimeRange): TimeRange {
  return { from: Math.max(0, from - (to - from)), to: from };
}

import type { TimeRange } from '../../store/measures.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Widened to whole minutes, as rollups are: so that the period before is as long, and shares no minute with it. */
export function wholeMinutes({ from, to }: TimeRange): TimeRange {
  return { from: Math.floor(from / MINUTE_MS) * MINUTE_MS, to: Math.ceil(to / MINUTE_MS) * MINUTE_MS };
}

/** The period of the same length that ended where this one starts. */
export function periodBefore({ from, to }: TimeRange): TimeRange {
  return { from: from - (to - from), to: from };
}

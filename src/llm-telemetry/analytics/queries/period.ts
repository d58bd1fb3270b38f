import type { TimeRange } from '../../store/measures.js';
import { DAY, MINUTE } from '../../units/time.js';

/** Returns the last 24 hours, including the running minute. */
export function lastDay(now = Date.now()): TimeRange {
  // Includes a call that ends in this millisecond.
  const to = Math.ceil((now + 1) / MINUTE) * MINUTE;
  return { from: to - DAY, to };
}

/** Widens a range to whole minutes, so that the previous period has the same length and shares no rollup with it. */
export function wholeMinutes({ from, to }: TimeRange): TimeRange {
  return { from: Math.floor(from / MINUTE) * MINUTE, to: Math.ceil(to / MINUTE) * MINUTE };
}

/** Returns the previous period of the same length. */
export function periodBefore({ from, to }: TimeRange): TimeRange {
  return { from: Math.max(0, from - (to - from)), to: from };
}

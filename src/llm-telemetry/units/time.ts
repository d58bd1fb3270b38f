/** Milliseconds. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/** Returns the start of the minute (or hour) that contains `at`, in Unix milliseconds. */
export function startOf(unitMs: number, at: number): number {
  return at - (at % unitMs);
}

/** Milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Returns the start of the minute (or hour) that contains `at`, in Unix milliseconds. */
export function startOf(unitMs: number, at: number): number {
  return at - (at % unitMs);
}

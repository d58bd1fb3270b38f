export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The start of the minute (or the hour) that a moment is in. */
export function startOf(unitMs: number, at: number): number {
  return at - (at % unitMs);
}

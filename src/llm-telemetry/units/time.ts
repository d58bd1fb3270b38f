/** Lengths in milliseconds. Literals, so that types can be derived from them. */
export const SECOND = 1000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
export const WEEK = 604_800_000;

/** Returns the start of the minute (or hour) that contains `at`, in Unix milliseconds. */
export function startOf(unitMs: number, at: number): number {
  return at - (at % unitMs);
}

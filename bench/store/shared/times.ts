export const DAY = 86_400_000;
export const DAYS = 30;
/** Calls of a day of the full bench. Fewer calls are as dense, in the first part of each day. */
const CALLS_PER_DAY = 10_000_000 / DAYS;

/** Returns the end of a call, one of `calls` in the 30 days before `now`. */
export function endOfCall(index: number, calls: number, now: number): number {
  const callsPerDay = calls / DAYS;
  const day = Math.floor(index / callsPerDay);
  const share = (index - day * callsPerDay) / Math.max(callsPerDay, CALLS_PER_DAY);
  return now - (DAYS - day) * DAY + share * DAY;
}

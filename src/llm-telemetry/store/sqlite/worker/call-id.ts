/** Ids per millisecond: an id is the Unix millisecond in which the call ended, times this, plus an ordinal. */
export const PER_MS = 2048;
/** In the year 2109. Later times of a wrong clock count as this; the margin leaves ids for many such calls. */
const LATEST_MS = Math.floor(Number.MAX_SAFE_INTEGER / PER_MS) - 1_000_000;

/** Returns the first id of calls that ended at `ms` (Unix milliseconds). */
export function firstIdAt(ms: number): number {
  return Math.floor(Math.min(LATEST_MS, Math.max(1, Number.isFinite(ms) ? ms : 1))) * PER_MS;
}

/** Returns when the call with this id ended, Unix milliseconds. */
export function timeOfId(id: number): number {
  return Math.floor(id / PER_MS);
}

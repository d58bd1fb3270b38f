/** A call's id is the millisecond in which it ended, times this, plus a number within that millisecond. */
export const PER_MS = 2048;
/** In the year 2109. What a broken clock says beyond counts as this; the room after it is for many of them. */
const LATEST_MS = Math.floor(Number.MAX_SAFE_INTEGER / PER_MS) - 1_000_000;

/** The first id of calls that ended at `ms`. */
export function firstIdAt(ms: number): number {
  return Math.floor(Math.min(LATEST_MS, Math.max(1, Number.isFinite(ms) ? ms : 1))) * PER_MS;
}

/** When the call with this id ended, to the millisecond. */
export function timeOfId(id: number): number {
  return Math.floor(id / PER_MS);
}

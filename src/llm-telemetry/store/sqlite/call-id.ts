import { storedTime } from '../core/call-columns.js';

/** Ids per millisecond: an id is the Unix millisecond in which the call ended, times this, plus an ordinal. */
export const PER_MS = 2048;

/** Returns the first id of calls that ended at `ms` (Unix milliseconds). */
export function firstIdAt(ms: number): number {
  return storedTime(ms) * PER_MS;
}

/** Returns when the call with this id ended, Unix milliseconds. */
export function timeOfId(id: number): number {
  return Math.floor(id / PER_MS);
}

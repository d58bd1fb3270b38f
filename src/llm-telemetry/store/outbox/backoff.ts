const FIRST_MS = 200;
const MAX_MS = 15_000;

/**
 * Returns how long to wait after a number of consecutive failures, milliseconds: twice as long each time, at most 15 s, and
 * up to a half less at random, so that instances do not return at the same moment.
 */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return longest * (1 - random() / 2);
}

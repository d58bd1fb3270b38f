import { DAY, HOUR, MINUTE } from '../../../units/time.js';

const QUARTER_HOUR = 900_000;
const QUARTER_DAY = 21_600_000;

/**
 * The lengths of rollups in milliseconds, the longest first; each is a multiple of the next. A chart of an hour, a day or a
 * month reads about as many rollups as it has points.
 */
export const ROLLUP_LENGTHS = [DAY, QUARTER_DAY, HOUR, QUARTER_HOUR, MINUTE] as const;
export type RollupLength = (typeof ROLLUP_LENGTHS)[number];

/** Days that rollups of each length are kept at most. */
export const RETENTION_DAYS: Readonly<Record<RollupLength, number>> = {
  [DAY]: Infinity,
  [QUARTER_DAY]: Infinity,
  [HOUR]: 100,
  [QUARTER_HOUR]: 32,
  [MINUTE]: 4,
};

/** Returns the next longer length, or the longest itself. */
export function nextLonger(length: RollupLength): RollupLength {
  return ROLLUP_LENGTHS[Math.max(0, ROLLUP_LENGTHS.indexOf(length) - 1)]!;
}

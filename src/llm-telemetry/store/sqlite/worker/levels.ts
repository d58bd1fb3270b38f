export const MINUTE = 60_000;
const QUARTER_HOUR = 900_000;
export const HOUR = 3_600_000;
const QUARTER_DAY = 21_600_000;
export const DAY = 86_400_000;

/**
 * The lengths of time that rollups are kept for, in milliseconds, the longest first; each is a multiple of the next. With
 * them a chart of an hour, a day or a month reads about as many rollups as it has points.
 */
export const LEVELS = [DAY, QUARTER_DAY, HOUR, QUARTER_HOUR, MINUTE] as const;
export type Level = (typeof LEVELS)[number];

/** Days that rollups of a level are kept, where nothing shorter is asked for. */
export const DAYS_KEPT: Readonly<Record<Level, number>> = {
  [DAY]: Infinity,
  [QUARTER_DAY]: Infinity,
  [HOUR]: 100,
  [QUARTER_HOUR]: 32,
  [MINUTE]: 4,
};

/** The next longer level; the longest itself. */
export function longerThan(level: Level): Level {
  return LEVELS[Math.max(0, LEVELS.indexOf(level) - 1)]!;
}

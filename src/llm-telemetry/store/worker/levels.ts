/** The lengths of time that rollups are kept for, in milliseconds, the longest first. */
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
export const LEVELS = [DAY, HOUR, MINUTE] as const;
export type Level = (typeof LEVELS)[number];

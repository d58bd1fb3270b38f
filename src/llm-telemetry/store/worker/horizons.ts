import type { DatabaseSync } from 'node:sqlite';
import { LEVELS, type Level } from './levels.js';

/** From when on rollups of each level are kept. */
export function readHorizons(database: DatabaseSync): Record<Level, number> {
  const horizons = Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>;
  const rows = database.prepare('SELECT level, start FROM horizon').all() as Array<{
    level: Level;
    start: number;
  }>;
  for (const { level, start } of rows) horizons[level] = start;
  return horizons;
}

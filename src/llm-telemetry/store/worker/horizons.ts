import type { DatabaseSync } from 'node:sqlite';
import { DAY, HOUR, MINUTE, type Level } from './levels.js';
import type { Horizons } from './spans.js';

export function readHorizons(database: DatabaseSync): Horizons {
  const horizons: Record<Level, number> = { [MINUTE]: 0, [HOUR]: 0, [DAY]: 0 };
  for (const { level, start } of database.prepare('SELECT level, start FROM horizon').all() as Array<{
    level: Level;
    start: number;
  }>) {
    horizons[level] = start;
  }
  return horizons;
}

import type { DatabaseSync } from 'node:sqlite';
import { LEVELS, longerThan, type Level } from './levels.js';
import { KIND } from './names.js';
import { floorTo } from './spans.js';
import { inTransaction } from './transaction.js';

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

/** Moves a horizon, and deletes the rollups before it. Horizons lie at the start of a longer rollup. */
export function setHorizon(database: DatabaseSync, level: Level, horizon: number): void {
  const dropRollups = database.prepare('DELETE FROM rollup WHERE kind = ? AND level = ? AND start < ?');
  for (const kind of Object.values(KIND)) dropRollups.run(kind, level, horizon);
  database.prepare('DELETE FROM error WHERE level = ? AND start < ?').run(level, horizon);
  database
    .prepare(
      `INSERT INTO horizon (level, start) VALUES (?, ?) ON CONFLICT DO UPDATE SET start = excluded.start`,
    )
    .run(level, horizon);
}

/**
 * Repairs horizons that lie in the future: retention by a wrong clock left them there, and until then rollups of the
 * level would be ignored. Rollups that were written since are complete from the next longer rollup on.
 */
export function repairHorizons(database: DatabaseSync, latest: number): void {
  const horizons = readHorizons(database);
  const earliest = database.prepare(
    'SELECT min(start) AS start FROM rollup WHERE kind = ? AND level = ? AND start <= ?',
  );
  for (const level of LEVELS) {
    const longer = longerThan(level);
    const next = floorTo(latest, longer) + longer;
    if (horizons[level] <= next) continue;
    const { start } = earliest.get(KIND.model, level, latest) as { start: number | null };
    const horizon = start === null ? next : Math.min(Math.ceil(start / longer) * longer, next);
    inTransaction(database, () => setHorizon(database, level, horizon));
  }
}

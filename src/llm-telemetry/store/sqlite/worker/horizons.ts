import type { DatabaseSync } from 'node:sqlite';
import { ROLLUP_LENGTHS, nextLonger, type RollupLength } from './rollup-lengths.js';
import { KIND } from './names.js';
import { floorTo } from './rollup-ranges.js';
import { inTransaction } from './transaction.js';

/** Returns since when rollups of each length are kept. */
export function readHorizons(database: DatabaseSync): Record<RollupLength, number> {
  const horizons = Object.fromEntries(ROLLUP_LENGTHS.map((length) => [length, 0])) as Record<
    RollupLength,
    number
  >;
  const rows = database.prepare('SELECT level, start FROM horizon').all() as Array<{
    level: RollupLength;
    start: number;
  }>;
  for (const { level, start } of rows) horizons[level] = start;
  return horizons;
}

/** Moves a horizon and deletes the rollups before it. A horizon must be the start of a longer rollup. */
export function setHorizon(database: DatabaseSync, length: RollupLength, horizon: number): void {
  const dropRollups = database.prepare('DELETE FROM rollup WHERE kind = ? AND level = ? AND start < ?');
  for (const kind of Object.values(KIND)) dropRollups.run(kind, length, horizon);
  database.prepare('DELETE FROM error WHERE level = ? AND start < ?').run(length, horizon);
  database
    .prepare(
      `INSERT INTO horizon (level, start) VALUES (?, ?) ON CONFLICT DO UPDATE SET start = excluded.start`,
    )
    .run(length, horizon);
}

/**
 * Repairs horizons that retention by a wrong clock has moved into the future: rollups before them would be ignored.
 * Rollups that were written since are complete from the next longer rollup on.
 */
export function repairHorizons(database: DatabaseSync, latest: number): void {
  const horizons = readHorizons(database);
  const earliest = database.prepare(
    'SELECT min(start) AS start FROM rollup WHERE kind = ? AND level = ? AND start <= ?',
  );
  for (const length of ROLLUP_LENGTHS) {
    const longer = nextLonger(length);
    const next = floorTo(latest, longer) + longer;
    if (horizons[length] <= next) continue;
    const { start } = earliest.get(KIND.model, length, latest) as { start: number | null };
    const horizon = start === null ? next : Math.min(Math.ceil(start / longer) * longer, next);
    inTransaction(database, () => setHorizon(database, length, horizon));
  }
}

import type { DatabaseSync } from 'node:sqlite';
import { firstIdAt } from './call-id.js';
import { readHorizons } from './horizons.js';
import { DAY, DAYS_KEPT, LEVELS, longerThan } from './levels.js';
import { KIND } from './names.js';
import { floorTo } from './spans.js';
import { inTransaction } from './transaction.js';

/** How long what is kept. */
export interface Retention {
  readonly callMs: number;
  readonly rollupMs: number;
  readonly maxBytes: number;
}

/** Zones that are emptied at once: some tens of milliseconds, in which nothing else is done. */
const ZONES_AT_ONCE = 16;

/** Takes away what is too old or too much. True: there is more to do, and it is worth coming back at once. */
export function retain(database: DatabaseSync, retention: Retention, now: number): boolean {
  dropRollups(database, retention.rollupMs, now);
  return inTransaction(database, () => dropCalls(database, retention, now));
}

function dropCalls(database: DatabaseSync, { callMs, maxBytes }: Retention, now: number): boolean {
  const oldest = database.prepare('SELECT first FROM zone ORDER BY first LIMIT 2');
  const cutoff = firstIdAt(now - callMs);
  for (let emptied = 0; emptied < ZONES_AT_ONCE; emptied++) {
    const [zone, next] = oldest.all() as Array<{ first: number }>;
    if (!zone || zone.first >= cutoff) break;
    const end = next?.first ?? Number.MAX_SAFE_INTEGER;
    dropOfZone(database, zone.first, end, Math.min(end, cutoff));
    if (end > cutoff) break;
  }
  for (let emptied = 0; emptied < ZONES_AT_ONCE; emptied++) {
    if (bytesOf(database) <= maxBytes) return false;
    const [zone, next] = oldest.all() as Array<{ first: number }>;
    // The zone that is being filled stays: rollups alone can take more than the limit.
    if (!zone || !next) return false;
    dropOfZone(database, zone.first, next.first, next.first);
  }
  return true;
}

/** Takes away the calls of a zone below an id. */
function dropOfZone(database: DatabaseSync, first: number, end: number, below: number): void {
  database.prepare('DELETE FROM record WHERE id >= ? AND id < ?').run(first, below);
  const { changes } = database.prepare('DELETE FROM call WHERE id >= ? AND id < ?').run(first, below);
  if (below === end) database.prepare('DELETE FROM zone WHERE first = ?').run(first);
  else if (Number(changes) > 0) {
    database.prepare('UPDATE zone SET calls = calls - ? WHERE first = ?').run(Number(changes), first);
  }
}

/** Horizons lie at the start of a longer rollup, so that none is half covered by shorter ones. */
function dropRollups(database: DatabaseSync, rollupMs: number, now: number): void {
  const horizons = readHorizons(database);
  for (const level of LEVELS) {
    const horizon = floorTo(now - Math.min(DAYS_KEPT[level] * DAY, rollupMs), longerThan(level));
    if (horizon <= horizons[level]) continue;
    inTransaction(database, () => {
      const dropRollups = database.prepare('DELETE FROM rollup WHERE kind = ? AND level = ? AND start < ?');
      for (const kind of Object.values(KIND)) dropRollups.run(kind, level, horizon);
      database.prepare('DELETE FROM error WHERE level = ? AND start < ?').run(level, horizon);
      database
        .prepare(
          'INSERT INTO horizon VALUES (?, ?) ON CONFLICT DO UPDATE SET start = max(start, excluded.start)',
        )
        .run(level, horizon);
    });
  }
}

/** What is in use: pages that became free are filled again, the file does not shrink. */
export function bytesOf(database: DatabaseSync): number {
  const { bytes } = database
    .prepare(
      `SELECT (page_count - freelist_count) * page_size AS bytes
       FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    )
    .get() as { bytes: number };
  return bytes;
}

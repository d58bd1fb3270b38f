import { MINUTE } from '../../units/time.js';
import type { DatabaseSync } from 'node:sqlite';
import type { KeptSince, StoreStats } from '../core/backend.js';
import { firstIdAt, timeOfId } from './call-id.js';
import { KIND } from '../core/series.js';
import { bytesOf } from './retention.js';
import { ROLLUP_LENGTHS } from '../core/rollup-ranges.js';

/** How far the clocks of other processes may be ahead. */
const TOLERANCE_MS = MINUTE;

/** Returns number, age and size of the calls. Calls from the future are the newest only if there are no others. */
export function readStats(database: DatabaseSync, now: number = Date.now()): StoreStats {
  const { kept, newest } = database
    .prepare(
      `SELECT (SELECT coalesce(sum(calls), 0) FROM zone) AS kept,
         coalesce((SELECT max(id) FROM call WHERE id < ?), (SELECT max(id) FROM call)) AS newest`,
    )
    .get(firstIdAt(now + TOLERANCE_MS)) as { kept: number; newest: number | null };
  const { first, oldest } = keptSince(database);
  return {
    kept,
    oldest,
    newest: newest === null ? null : timeOfId(newest),
    firstCallAt: first,
    bytes: bytesOf(database),
  };
}

export function keptSince(database: DatabaseSync): KeptSince {
  // Calls that were written while the clock was wrong do not show how far back calls are kept.
  const { id } = database
    .prepare(
      `SELECT coalesce(
         (SELECT min(id) FROM call WHERE id >= (SELECT min(first) FROM zone WHERE suspect IS NULL)),
         (SELECT min(id) FROM call)
       ) AS id`,
    )
    .get() as { id: number | null };
  const oldest = id === null ? null : timeOfId(id);
  const firstOf = database.prepare('SELECT min(start) AS start FROM rollup WHERE kind = ? AND level = ?');
  // From the longest rollup to the shortest one within it.
  let first: { start: number; length: number } | null = null;
  for (const length of ROLLUP_LENGTHS) {
    const { start } = firstOf.get(KIND.model, length) as { start: number | null };
    if (start !== null && (first === null || start < first.start + first.length)) first = { start, length };
  }
  if (first === null) return { first: oldest, oldest };
  const isWithin = oldest !== null && oldest < first.start + first.length;
  return { first: isWithin ? oldest : first.start, oldest };
}

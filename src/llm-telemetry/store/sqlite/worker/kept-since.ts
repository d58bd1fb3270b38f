import type { DatabaseSync } from 'node:sqlite';
import { timeOfId } from './call-id.js';
import { LEVELS } from './levels.js';
import { KIND } from './names.js';

/** Since when calls are known. */
export interface KeptSince {
  /** When the first call ended that rollups or calls know of; exact while that call is kept. `null`: no calls. */
  readonly first: number | null;
  /** When the oldest call ended that is kept. `null`: no calls are kept. */
  readonly oldest: number | null;
}

export function keptSince(database: DatabaseSync): KeptSince {
  // Calls that were written while the clock was wrong say nothing about how far back calls are kept.
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
  let first: { start: number; level: number } | null = null;
  for (const level of LEVELS) {
    const { start } = firstOf.get(KIND.model, level) as { start: number | null };
    if (start !== null && (first === null || start < first.start + first.level)) first = { start, level };
  }
  if (first === null) return { first: oldest, oldest };
  const isWithin = oldest !== null && oldest < first.start + first.level;
  return { first: isWithin ? oldest : first.start, oldest };
}

import type { DatabaseSync } from 'node:sqlite';
import { timeOfId } from './call-id.js';
import { ROLLUP_LENGTHS } from './rollup-lengths.js';
import { KIND } from './names.js';

/** How far back calls and rollups reach. */
export interface KeptSince {
  /** End of the first call in rollups or calls; exact while that call is kept. `null` if there are no calls. */
  readonly first: number | null;
  /** End of the oldest call that is kept. `null` if no calls are kept. */
  readonly oldest: number | null;
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

import type { DatabaseSync } from 'node:sqlite';
import type { Kept } from '../messages.js';
import { timeOfId } from './call-id.js';
import { keptSince } from './kept-since.js';
import { bytesOf } from './retention.js';

/** How many calls there are, and of when. */
export function readKept(database: DatabaseSync): Kept {
  const { kept, oldest, newest } = database
    .prepare(
      `SELECT (SELECT coalesce(sum(calls), 0) FROM zone) AS kept,
         (SELECT min(id) FROM call) AS oldest, (SELECT max(id) FROM call) AS newest`,
    )
    .get() as { kept: number; oldest: number | null; newest: number | null };
  return {
    kept,
    oldest: oldest === null ? null : timeOfId(oldest),
    newest: newest === null ? null : timeOfId(newest),
    firstCallAt: keptSince(database).first,
    bytes: bytesOf(database),
  };
}

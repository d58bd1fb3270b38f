import type { DatabaseSync } from 'node:sqlite';
import type { StoreStats } from './messages.js';
import { firstIdAt, timeOfId } from './call-id.js';
import { keptSince } from './kept-since.js';
import { bytesOf } from './retention.js';
import { MINUTE } from '../../../units/time.js';

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

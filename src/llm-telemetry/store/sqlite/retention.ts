import { DAY } from '../../units/time.js';
import type { DatabaseSync } from 'node:sqlite';
import { dropOldBatches } from './batch-table.js';
import { firstIdAt, timeOfId } from './call-id.js';
import type { Times } from './clock.js';
import { KIND } from '../core/series.js';
import type { Origins } from './origins.js';
import { inTransaction } from './open-database.js';
import {
  floorTo,
  nextLonger,
  RETENTION_DAYS,
  ROLLUP_LENGTHS,
  type RollupLength,
} from '../core/rollup-ranges.js';

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

/** Limits of retention. */
export interface Retention {
  readonly callMs: number;
  readonly rollupMs: number;
  readonly maxBytes: number;
}

/** Zones emptied in one transaction, which blocks the worker for some tens of milliseconds. */
const ZONES_AT_ONCE = 16;
/** Calls further ahead of the clock have an implausible time: no wrong time zone explains it. */
const FUTURE_MS = DAY;
/** Share of the limit for the newest calls if rollups alone exceed the limit. */
const SHARE_OF_CALLS = 0.1;

/**
 * Deletes calls and rollups beyond the limits, by the confirmed time (clock.ts). Returns true if there is more to delete
 * now.
 *
 * Calls with an implausible time are kept as long as others, measured in uptime: their zones are marked as `suspect`.
 */
export function retain(
  database: DatabaseSync,
  origins: Origins,
  retention: Retention,
  times: Times,
): boolean {
  repairHorizons(database, times.latest);
  moveHorizons(database, retention.rollupMs, times.now);
  return inTransaction(database, () => {
    const more = dropOld(database, retention, times);
    dropFuture(database, retention, times);
    dropOldBatches(database, times.now);
    origins.seen(times.wall);
    origins.drop(oldestCallOf(database), readHorizons(database)[DAY], times.wall);
    return dropToSize(database, retention, times) || more;
  });
}

/** Returns the end of the oldest call, Unix milliseconds; without calls, a time after all others. */
export function oldestCallOf(database: DatabaseSync): number {
  const { id } = database.prepare('SELECT min(id) AS id FROM call').get() as { id: number | null };
  return id === null ? Number.MAX_SAFE_INTEGER : timeOfId(id);
}

/** Deletes the oldest calls until the file is within its limit. Call it inside a transaction. */
export function dropToSize(database: DatabaseSync, { maxBytes }: Retention, { latest }: Times): boolean {
  const zoneFrom = database.prepare('SELECT first FROM zone WHERE first > ? ORDER BY first LIMIT 2');
  for (let emptied = 0; emptied < ZONES_AT_ONCE; emptied++) {
    const over = bytesOf(database) - maxBytes;
    if (over <= 0) return false;
    const [oldest, other] = zoneFrom.all(-1) as Array<{ first: number }>;
    if (!oldest) return false;
    if (!other) {
      dropOldestOfZone(database, oldest.first, { over, maxBytes });
      return false;
    }
    // Calls from the future go first: otherwise they would displace current calls.
    const [future] = zoneFrom.all(firstIdAt(latest + FUTURE_MS)) as Array<{ first: number }>;
    const { first } = future ?? oldest;
    const end = endOfZone(database, first);
    dropOfZone(database, first, end, end);
  }
  return true;
}

/** Deletes calls that are older than the retention. Returns true if there are more. */
function dropOld(database: DatabaseSync, { callMs }: Retention, { now, uptime }: Times): boolean {
  const oldest = database.prepare(
    'SELECT first FROM zone WHERE first < ? AND (suspect IS NULL OR suspect < ?) ORDER BY first LIMIT 1',
  );
  const cutoff = firstIdAt(now - callMs);
  for (let emptied = 0; emptied < ZONES_AT_ONCE; emptied++) {
    const zone = oldest.get(cutoff, uptime - callMs) as { first: number } | undefined;
    if (!zone) return false;
    const end = endOfZone(database, zone.first);
    dropOfZone(database, zone.first, end, Math.min(end, cutoff));
    if (end > cutoff) return false;
  }
  return true;
}

/** Marks zones in the future as suspect, and deletes them after the retention period in uptime. */
function dropFuture(database: DatabaseSync, { callMs }: Retention, { latest, uptime }: Times): void {
  const border = latest + FUTURE_MS;
  const first = firstIdAt(border);
  const { count } = database.prepare('SELECT count(*) AS count FROM zone WHERE first >= ?').get(first) as {
    count: number;
  };
  if (count === 0) return;
  database.prepare('UPDATE zone SET suspect = ? WHERE first >= ? AND suspect IS NULL').run(uptime, first);
  const outdated = database
    .prepare('SELECT first FROM zone WHERE first >= ? AND suspect < ? ORDER BY first LIMIT ?')
    .all(first, uptime - callMs, ZONES_AT_ONCE) as Array<{ first: number }>;
  if (outdated.length === 0) return;
  for (const zone of outdated) {
    const end = endOfZone(database, zone.first);
    dropOfZone(database, zone.first, end, end);
  }
  const dropRollups = database.prepare('DELETE FROM rollup WHERE kind = ? AND level = ? AND start > ?');
  for (const length of ROLLUP_LENGTHS) {
    for (const kind of Object.values(KIND)) dropRollups.run(kind, length, border);
    database.prepare('DELETE FROM error WHERE level = ? AND start > ?').run(length, border);
  }
  // Otherwise these names would count as used until that time.
  database.prepare('UPDATE name SET used = ? WHERE used > ?').run(floorTo(latest, DAY), border);
  database.prepare('UPDATE series SET lastDay = ? WHERE lastDay > ?').run(floorTo(latest, DAY), border);
}

function endOfZone(database: DatabaseSync, first: number): number {
  const next = database.prepare('SELECT min(first) AS first FROM zone WHERE first > ?').get(first);
  return (next as { first: number | null }).first ?? Number.MAX_SAFE_INTEGER;
}

/** Deletes the calls of a zone below an id. */
function dropOfZone(database: DatabaseSync, first: number, end: number, below: number): void {
  database.prepare('DELETE FROM record WHERE id >= ? AND id < ?').run(first, below);
  const { changes } = database.prepare('DELETE FROM call WHERE id >= ? AND id < ?').run(first, below);
  if (below === end) database.prepare('DELETE FROM zone WHERE first = ?').run(first);
  else if (Number(changes) > 0) {
    database.prepare('UPDATE zone SET calls = calls - ? WHERE first = ?').run(Number(changes), first);
  }
}

/** Deletes the oldest calls of the only zone. If rollups alone exceed the limit, some calls stay. */
function dropOldestOfZone(
  database: DatabaseSync,
  first: number,
  { over, maxBytes }: { readonly over: number; readonly maxBytes: number },
): void {
  const records = database
    .prepare('SELECT id, octet_length(text) AS bytes FROM record WHERE id >= ? ORDER BY id')
    .all(first) as Array<{ id: number; bytes: number }>;
  let left = records.reduce((sum, { bytes }) => sum + bytes, 0);
  const allowed = Math.max(left - over, SHARE_OF_CALLS * maxBytes);
  const kept = records.find(({ bytes }) => {
    if (left <= allowed) return true;
    left -= bytes;
    return false;
  });
  const end = Number.MAX_SAFE_INTEGER;
  dropOfZone(database, first, end, kept?.id ?? end);
}

function moveHorizons(database: DatabaseSync, rollupMs: number, now: number): void {
  const horizons = readHorizons(database);
  for (const length of ROLLUP_LENGTHS) {
    const horizon = floorTo(now - Math.min(RETENTION_DAYS[length] * DAY, rollupMs), nextLonger(length));
    if (horizon <= horizons[length]) continue;
    inTransaction(database, () => {
      // Another process may have moved it further.
      if (horizon > readHorizons(database)[length]) setHorizon(database, length, horizon);
    });
  }
}

/** Returns the bytes in use. Free pages are reused, and the file does not shrink. */
export function bytesOf(database: DatabaseSync): number {
  const { bytes } = database
    .prepare(
      `SELECT (page_count - freelist_count) * page_size AS bytes
       FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    )
    .get() as { bytes: number };
  return bytes;
}

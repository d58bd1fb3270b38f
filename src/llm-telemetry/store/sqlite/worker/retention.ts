import type { DatabaseSync } from 'node:sqlite';
import { firstIdAt } from './call-id.js';
import type { Times } from './clock.js';
import { readHorizons, repairHorizons, setHorizon } from './horizons.js';
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
/** How far ahead of the clock calls are that cannot be right: more than any time zone set by mistake. */
const FUTURE_MS = DAY;
/** The share of the limit that the newest calls may take if rollups alone take more than the limit. */
const SHARE_OF_CALLS = 0.1;

/**
 * Deletes what is too old or too much, by the confirmed time (clock.ts). Returns true if there is more to do, and it is
 * worth coming back at once.
 *
 * Calls with an implausible time are kept for as long as others, in uptime: their zones are marked as `suspect`.
 */
export function retain(database: DatabaseSync, retention: Retention, times: Times): boolean {
  repairHorizons(database, times.latest);
  moveHorizons(database, retention.rollupMs, times.now);
  return inTransaction(database, () => {
    const more = dropOld(database, retention, times);
    dropFuture(database, retention, times);
    return dropToSize(database, retention, times) || more;
  });
}

/** Deletes the oldest calls until the file holds no more than its limit. Call it inside a transaction. */
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
    // Calls from the future first: otherwise they would displace the calls of today.
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

/** Marks zones of the future, and deletes them once they have been there for as long as calls are kept. */
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
  for (const level of LEVELS) {
    for (const kind of Object.values(KIND)) dropRollups.run(kind, level, border);
    database.prepare('DELETE FROM error WHERE level = ? AND start > ?').run(level, border);
  }
  // Otherwise these names would count as used until then.
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

/** Deletes the oldest calls of the only zone. Rollups alone can take more than the limit: then some calls stay. */
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
  for (const level of LEVELS) {
    const horizon = floorTo(now - Math.min(DAYS_KEPT[level] * DAY, rollupMs), longerThan(level));
    if (horizon <= horizons[level]) continue;
    inTransaction(database, () => {
      // Another process may have moved it further.
      if (horizon > readHorizons(database)[level]) setHorizon(database, level, horizon);
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

import { DAY } from '../../units/time.js';
import {
  floorTo,
  nextLonger,
  RETENTION_DAYS,
  ROLLUP_LENGTHS,
  type Horizons,
  type RollupLength,
} from '../core/rollup-ranges.js';
import { KIND } from '../core/series.js';
import { dropOldBatches } from './batch-table.js';
import type { Connection, Statements } from './connection.js';
import { dayOf, readDays, readNow, type Day } from './days.js';
import { lockKey } from './layout.js';
import { NAME, ROLLED } from './series-table.js';
import { dropOrigins } from './origins.js';
import { dropOldCoordination } from './postgres-fleet.js';
import type { PostgresRetention } from './settings.js';
import { BYTES, readHorizons } from './stats.js';

const RETAIN_MS = 60_000;
/** A drop of a partition waits for readers at most this long, because everything else waits behind it. */
const DROP_LOCK_MS = 200;
/** Markers of deliveries that no process can repeat: older than a day, and not among the last ones of their instance. */
const KEPT_MARKERS = 1000;

/** Makes the retention of this process that of all. The process that started last decides. */
export async function saveRetention(
  statements: Statements,
  { callDays, rollupDays, maxBytes }: PostgresRetention,
): Promise<void> {
  await statements.change(
    `UPDATE state SET call_days = $1, rollup_days = $2, max_bytes = $3
     WHERE (call_days, rollup_days, max_bytes) IS DISTINCT FROM ($1::double precision, $2::double precision, $3::bigint)`,
    [callDays, rollupDays, maxBytes],
  );
}

/**
 * Deletes calls and rollups beyond the limits, by the clock of the database. One process at a time does it.
 *
 * A partition is not detached concurrently: that needs a session of its own, which poolers do not give, and leaves a
 * partition half detached if it is interrupted. Instead, a drop that does not get its lock at once is left to the next run.
 */
export async function retain(connection: Connection, schema: string): Promise<void> {
  const outdated = await connection.transaction({ timeoutMs: RETAIN_MS }, async (statements) => {
    const [[isElected] = []] = await statements.rows('SELECT pg_try_advisory_xact_lock($1)', [
      lockKey(schema, 'retain'),
    ]);
    if (isElected !== true) return [];
    const [[callDays, rollupDays, maxBytes] = []] = await statements.rows<
      readonly [number, number, number | null]
    >('UPDATE state SET retained_at = now() RETURNING call_days, rollup_days, max_bytes');
    const now = await readNow(statements);
    await moveHorizons(statements, rollupDays!, now);
    const days = await readDays(statements);
    const first = dayOf(floorTo(now - callDays! * DAY, DAY));
    const old = days.filter((day) => day < first);
    const kept = days.filter((day) => day >= first && day < dayOf(now));
    const tooLarge = typeof maxBytes !== 'number' ? [] : await daysBeyond(statements, kept, old, maxBytes);
    await decayUses(statements);
    await dropOldBatches(statements);
    await dropOldCoordination(statements);
    await dropOldMarkers(statements);
    await dropUnused(statements, Math.min(days[0] ?? dayOf(now), dayOf(now)));
    return [...old, ...tooLarge];
  });
  for (const day of outdated) {
    const options = { timeoutMs: RETAIN_MS, lockMs: DROP_LOCK_MS };
    await connection.transaction(options, (statements) => statements.rows('SELECT drop_day($1)', [day]));
  }
}

async function moveHorizons(statements: Statements, rollupDays: number, now: number): Promise<void> {
  const horizons = await readHorizons(statements);
  for (const length of ROLLUP_LENGTHS) {
    const horizon = floorTo(now - Math.min(RETENTION_DAYS[length], rollupDays) * DAY, nextLonger(length));
    if (horizon > horizons[length]) await setHorizon(statements, length, horizon);
  }
}

/** Deletes rollups of lengths that are not kept for times before the horizons. */
export async function raiseHorizons(statements: Statements, horizons: Horizons): Promise<void> {
  const known = await readHorizons(statements);
  for (const length of ROLLUP_LENGTHS)
    // The longest rollups cover all times.
    if (length < DAY && horizons[length] > known[length])
      await setHorizon(statements, length, horizons[length]);
}

async function setHorizon(statements: Statements, length: RollupLength, horizon: number): Promise<void> {
  for (const kind of Object.values(KIND))
    await statements.change('DELETE FROM rollup WHERE kind = $1 AND level = $2 AND start < $3', [
      kind,
      length,
      horizon,
    ]);
  await statements.change('DELETE FROM error WHERE level = $1 AND start < $2', [length, horizon]);
  await statements.change(
    'INSERT INTO horizon (level, start) VALUES ($1, $2) ON CONFLICT (level) DO UPDATE SET start = excluded.start',
    [length, horizon],
  );
}

/** Returns the oldest days to drop until the tables are within the limit. The current day always stays. */
async function daysBeyond(
  statements: Statements,
  kept: readonly Day[],
  dropped: readonly Day[],
  maxBytes: number,
): Promise<Day[]> {
  const [[all] = []] = await statements.rows(`SELECT ${BYTES}`);
  const sizeOf = async (day: Day): Promise<number> => {
    const [[bytes] = []] = await statements.rows(
      `SELECT pg_total_relation_size('call_' || to_char(date '1970-01-01' + $1::int, 'YYYYMMDD'))`,
      [day],
    );
    return bytes as number;
  };
  let bytes = all as number;
  for (const day of dropped) bytes -= await sizeOf(day);
  const beyond: Day[] = [];
  for (const day of kept) {
    if (bytes <= maxBytes) break;
    bytes -= await sizeOf(day);
    beyond.push(day);
  }
  return beyond;
}

/** Halves the use counts of series each week, so that a flood of names does not hold slots for long. */
async function decayUses(statements: Statements): Promise<void> {
  const days = await statements.rows<readonly [number]>(
    `WITH before AS (SELECT decayed_on FROM state FOR UPDATE)
     UPDATE state SET decayed_on = current_date FROM before WHERE before.decayed_on < current_date
     RETURNING current_date - before.decayed_on`,
  );
  for (const [count] of days)
    await statements.change(
      `UPDATE series SET calls = calls * $1 FROM (SELECT id FROM series ORDER BY id FOR UPDATE) AS locked
       WHERE series.id = locked.id`,
      [0.5 ** (count / 7)],
    );
}

async function dropOldMarkers(statements: Statements): Promise<void> {
  await statements.change(
    `DELETE FROM delivery USING (SELECT instance, max(number) AS number FROM delivery GROUP BY instance) AS last
     WHERE delivery.instance = last.instance AND delivery.number < last.number - ${KEPT_MARKERS}
       AND delivery.at < now() - interval '1 day'`,
  );
}

/** Deletes series, names, processes and programs that no call and no rollup refers to. */
async function dropUnused(statements: Statements, oldestCall: Day): Promise<void> {
  const oldestRollup = dayOf((await readHorizons(statements))[DAY]);
  const before = (day: Day): string => `used < date '1970-01-01' + ${day}`;
  const series = await statements.change(
    `DELETE FROM series WHERE (rolled = ${ROLLED.inOther} OR ${before(oldestRollup)})
       AND ${before(oldestCall)}
       AND NOT (feature = ${NAME.other} AND (kind <> ${KIND.model} OR operation = ${NAME.other}))`,
  );
  const names = await statements.change(
    `DELETE FROM name WHERE ${before(oldestCall)} AND id NOT IN (
       SELECT feature FROM series UNION SELECT operation FROM series
       UNION SELECT provider FROM series UNION SELECT model FROM series
       UNION SELECT type FROM error UNION SELECT type FROM delta_error
     )`,
  );
  const origins = await dropOrigins(statements, oldestCall, Math.min(oldestCall, oldestRollup));
  if (series + names + origins > 0) await statements.change('UPDATE state SET generation = generation + 1');
}

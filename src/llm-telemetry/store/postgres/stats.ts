import { DAY, MINUTE } from '../../units/time.js';
import type { KeptSince, StoreStats } from '../core/backend.js';
import { ROLLUP_LENGTHS, type Horizons } from '../core/rollup-ranges.js';
import { KIND } from '../core/series.js';
import type { Statements } from './connection.js';
import { readDays } from './days.js';
import { readInstances } from './origins.js';

/** How far the clocks of instances may be ahead. */
const TOLERANCE = "interval '1 minute'";

const MS = 'floor(extract(epoch FROM ended_at) * 1000)::bigint';

export async function readHorizons(statements: Statements): Promise<Horizons> {
  const rows = await statements.rows('SELECT level, start FROM horizon');
  const horizons = Object.fromEntries(ROLLUP_LENGTHS.map((length) => [length, 0]));
  for (const [level, start] of rows) horizons[level as number] = start as number;
  return horizons as Horizons;
}

export async function readKeptSince(statements: Statements): Promise<KeptSince> {
  const [[oldestRow = null] = []] = await statements.rows(`SELECT ${MS} FROM call ORDER BY ended_at LIMIT 1`);
  const oldest = oldestRow as number | null;
  const starts = ROLLUP_LENGTHS.map(
    (length) =>
      `SELECT ${length}, (SELECT min(start) FROM rollup WHERE kind = ${KIND.model} AND level = ${length})`,
  );
  const rows = await statements.rows<readonly [number, number | null]>(
    `${starts.join(' UNION ALL ')} UNION ALL SELECT ${MINUTE}, (SELECT min(start) FROM delta WHERE kind = ${KIND.model})`,
  );
  // From the longest rollup to the shortest one within it.
  let first: { start: number; length: number } | null = null;
  for (const [length, start] of rows) {
    if (start !== null && (first === null || start < first.start + first.length)) first = { start, length };
  }
  if (first === null) return { first: oldest, oldest };
  const isWithin = oldest !== null && oldest < first.start + first.length;
  return { first: isWithin ? oldest : first.start, oldest };
}

/** Reads the number of calls from rollups: counting rows takes a second for ten million calls. */
export async function readStats(statements: Statements): Promise<StoreStats> {
  const { first, oldest } = await readKeptSince(statements);
  const [day = 0] = await readDays(statements);
  const [[kept, newest, bytes] = []] = await statements.rows(
    `SELECT (
       SELECT coalesce(sum(calls), 0) FROM (
         SELECT calls FROM rollup WHERE kind = ${KIND.model} AND level = ${DAY} AND start >= $1
         UNION ALL SELECT calls FROM delta WHERE kind = ${KIND.model} AND start >= $1
       ) AS counted
     ), coalesce(
       (SELECT ${MS} FROM call WHERE ended_at < now() + ${TOLERANCE} ORDER BY ended_at DESC LIMIT 1),
       (SELECT ${MS} FROM call ORDER BY ended_at DESC LIMIT 1)
     ), ${BYTES}`,
    [day * DAY],
  );
  return {
    kept: kept as number,
    oldest,
    newest: newest as number | null,
    firstCallAt: first,
    bytes: bytes as number,
    instances: await readInstances(statements),
  };
}

/** The size of all tables of the schema with their indexes. */
export const BYTES = `(
  SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
)`;

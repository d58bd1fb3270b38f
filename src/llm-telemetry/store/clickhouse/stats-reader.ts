import { DAY, MINUTE, SECOND } from '../../units/time.js';
import type { StoreInstance } from '../call-store.js';
import type { KeptSince, StoreStats } from '../core/backend.js';
import { floorTo, nextLonger, ROLLUP_LENGTHS, type Horizons } from '../core/rollup-ranges.js';
import { KIND } from '../core/series.js';
import { keptDays } from './layout.js';
import type { Tables } from './tables.js';

/** How far the clocks of other processes may be ahead. */
const TOLERANCE_MS = MINUTE;

/** Returns since when rollups of each length are read. */
export function horizonsOf(rollupDays: number, now: number): Horizons {
  return Object.fromEntries(
    ROLLUP_LENGTHS.map((length) => [
      length,
      Math.max(0, floorTo(now - keptDays(length, rollupDays) * DAY, nextLonger(length))),
    ]),
  ) as Horizons;
}

/** Returns how far back calls and rollups reach, from the indexes of their tables. */
export async function readKeptSince(tables: Tables): Promise<KeptSince> {
  const { connection, layout } = tables;
  const { oldest } = await readKept(tables);
  const lengths = ROLLUP_LENGTHS.map(
    (length) => `SELECT * FROM (SELECT length, toUnixTimestamp(start) FROM ${layout.table('rollup')}
      WHERE kind = ${KIND.model} AND length = ${length / SECOND} ORDER BY start LIMIT 1)`,
  );
  const starts = new Map(await connection.rows<[length: number, start: number]>(lengths.join(' UNION ALL ')));
  // From the longest rollup to the shortest one within it.
  let first: { start: number; length: number } | null = null;
  for (const length of ROLLUP_LENGTHS) {
    const seconds = starts.get(length / SECOND);
    if (seconds === undefined) continue;
    const start = seconds * SECOND;
    if (first === null || start < first.start + first.length) first = { start, length };
  }
  if (first === null) return { first: oldest, oldest };
  const isWithin = oldest !== null && oldest < first.start + first.length;
  return { first: isWithin ? oldest : first.start, oldest };
}

/** Returns number, age and size of the calls, and the processes that added them. */
export async function readStats(tables: Tables, database: string, now: number): Promise<StoreStats> {
  const { connection, layout } = tables;
  const { kept, oldest, newest } = await readKept(tables);
  const limit = now + TOLERANCE_MS;
  // Calls from the future are the newest only if there are no others.
  const [past] =
    newest === null || newest < limit
      ? []
      : await connection.rows<[string]>(
          `SELECT toUnixTimestamp64Milli(ended_at) FROM ${layout.table('call')}
           WHERE ended_at < fromUnixTimestamp64Milli({limit:Int64}, 'UTC') ORDER BY ended_at DESC LIMIT 1`,
          { limit },
        );
  const [[bytes]] = (await connection.rows<[string]>(
    'SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = {database:String}',
    { database },
  )) as [[string]];
  const { first } = await readKeptSince(tables);
  return {
    kept,
    oldest,
    newest: past ? Number(past[0]) : newest,
    firstCallAt: first,
    bytes: Number(bytes),
    instances: await readInstances(tables),
  };
}

interface Kept {
  readonly kept: number;
  readonly oldest: number | null;
  readonly newest: number | null;
}

async function readKept({ connection, layout }: Tables): Promise<Kept> {
  const time = (value: 'min' | 'max'): string => `toUnixTimestamp64Milli(${value}(ended_at))`;
  const [[kept, oldest, newest]] = (await connection.rows<[string, string, string]>(
    `SELECT count(), ${time('min')}, ${time('max')} FROM ${layout.table('call')}`,
  )) as [[string, string, string]];
  // Of no rows, they are 1970.
  if (kept === '0') return { kept: 0, oldest: null, newest: null };
  return { kept: Number(kept), oldest: Number(oldest), newest: Number(newest) };
}

type InstanceRow = [
  id: string,
  ...origin: Array<string | null>,
  host: string,
  pid: string,
  startedAt: string,
  seenAt: string,
  waiting: string,
  waitingSince: string | null,
];

/** The latest start first. */
async function readInstances({ connection, layout }: Tables): Promise<readonly StoreInstance[]> {
  const rows = await connection.rows<InstanceRow>(
    `SELECT id, service, version, environment, instance, host, pid, toUnixTimestamp64Milli(started_at),
       toUnixTimestamp64Milli(seen_at), waiting, toUnixTimestamp64Milli(waiting_since)
     FROM ${layout.table('instance')} FINAL ORDER BY started_at DESC LIMIT 1000`,
  );
  return rows.map((row): StoreInstance => {
    const [id, service, version, environment, instance, host, pid, startedAt, seenAt, waiting, since] =
      row as [string, ...Array<string | null>];
    return {
      id,
      service: service!,
      version: version!,
      environment: environment!,
      instance: instance!,
      host: host!,
      pid: Number(pid),
      startedAt: Number(startedAt),
      seenAt: Number(seenAt),
      waiting: Number(waiting),
      waitingSince: since === null || since === undefined ? null : Number(since),
    };
  });
}

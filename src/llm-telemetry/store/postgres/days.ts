import { DAY } from '../../units/time.js';
import { floorTo } from '../core/rollup-ranges.js';
import type { Connection, Statements } from './connection.js';
import { lockKey } from './layout.js';

/** Days after the current one that have a partition, so that no write waits for one. */
const DAYS_AHEAD = 2;
const DAYS_MS = 10_000;

/** A day as days since 1970 (UTC). */
export type Day = number;

export function dayOf(ms: number): Day {
  return Math.floor(ms / DAY);
}

/** Returns the days that have a partition, oldest first. */
export async function readDays(statements: Statements): Promise<Day[]> {
  const rows = await statements.rows(
    `SELECT to_date(right(child.relname, 8), 'YYYYMMDD') - date '1970-01-01'
     FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
     WHERE inhparent = 'call'::regclass ORDER BY 1`,
  );
  return rows.map(([day]) => day as Day);
}

/** Returns the time of the database, Unix milliseconds: one clock for all instances. */
export async function readNow(statements: Statements): Promise<number> {
  const [[now] = []] = await statements.rows(
    'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint',
  );
  return now as number;
}

/** The partitions of the table `call`, one for each day. */
export class Days {
  private days: readonly Day[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly schema: string,
    private readonly callDays: number,
  ) {}

  /** Adds the partitions of the current day and the next ones. */
  async prepare(): Promise<void> {
    await this.add([]);
  }

  /**
   * Returns the time at which a call is stored: its end, or the nearest time that has a partition. A call can be days off if
   * a clock is wrong.
   */
  async placesOf(ends: readonly number[]): Promise<number[]> {
    const missing = new Set(ends.map(dayOf).filter((day) => !this.days.includes(day)));
    const days = missing.size > 0 ? await this.add([...missing]) : this.days;
    return ends.map((end) => placeOf(end, days));
  }

  /** Forgets what other processes may have changed. */
  forget(): void {
    this.days = [];
  }

  /** Adds partitions of days within the retention. */
  private async add(wanted: readonly Day[]): Promise<readonly Day[]> {
    const days = await this.connection.transaction({ timeoutMs: DAYS_MS }, async (statements) => {
      const now = await readNow(statements);
      const today = dayOf(now);
      const first = dayOf(floorTo(now - this.callDays * DAY, DAY));
      const ahead = Array.from({ length: DAYS_AHEAD + 1 }, (_, index) => today + index);
      const needed = [...wanted.filter((day) => day >= first && day < today), ...ahead];
      const existing = await readDays(statements);
      if (needed.every((day) => existing.includes(day))) return existing;
      await statements.rows('SELECT pg_advisory_xact_lock($1)', [lockKey(this.schema, 'days')]);
      for (const day of needed) await statements.rows('SELECT add_day($1)', [day]);
      return readDays(statements);
    });
    this.days = days;
    return days;
  }
}

function placeOf(end: number, days: readonly Day[]): number {
  const day = dayOf(end);
  if (days.includes(day)) return end;
  const after = days.find((candidate) => candidate > day);
  return after === undefined ? (days.at(-1)! + 1) * DAY - 1 : after * DAY;
}

/** Times at which calls are stored whose own time has no partition. */
export function edgesOf(days: readonly Day[]): number[] {
  return days.flatMap((day) => [day * DAY, (day + 1) * DAY - 1]);
}

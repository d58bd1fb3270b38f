import { boundedName } from '../../text/bounded-name.js';
import { UNKNOWN_ORIGIN, type CallOrigin } from '../call-origin.js';
import type { StoreInstance } from '../call-store.js';
import { MAX_ORIGINS, type OwnInstance } from '../core/instance.js';
import { ORIGIN_DIMENSIONS, type MeasureFilter } from '../measures.js';
import type { Connection, Row, Statements } from './connection.js';
import { dayOf, type Day } from './days.js';
import { lockKey } from './layout.js';
import { timestamp } from './settings.js';

/** The id of an unknown origin. */
const UNKNOWN = 0;
/** Instances in the status, the latest start first. */
const LISTED_INSTANCES = 1000;
const ORIGINS_MS = 10_000;

/** Ids of a process in the database. */
export interface InstanceIds {
  readonly instance: number;
  readonly origin: number;
}

/** Maps the processes that added calls, and the programs that they run, to small ids. */
export class Origins {
  private readonly ids = new Map<string, InstanceIds & { readonly used: Day }>();
  private readonly originsOfInstances = new Map<number, CallOrigin>();

  constructor(
    private readonly connection: Connection,
    private readonly schema: string,
  ) {}

  /** Returns the ids of a process, whose last call ended at `lastAt`. Adds the process if it is new. */
  async idsOf(instance: OwnInstance, lastAt: number): Promise<InstanceIds> {
    const used = dayOf(lastAt);
    const known = this.ids.get(instance.id);
    if (known && known.used >= used) return known;
    const ids = await this.connection.transaction({ timeoutMs: ORIGINS_MS }, (statements) =>
      this.add(statements, instance, used),
    );
    this.ids.set(instance.id, { ...ids, used });
    return ids;
  }

  /** Records a sign of life of this process. */
  async beat(own: OwnInstance, waiting: number, waitingSince: number | null): Promise<void> {
    const { instance } = await this.idsOf(own, 0);
    const changed = await this.connection.transaction({ timeoutMs: ORIGINS_MS }, (statements) =>
      statements.change(
        'UPDATE instance SET seen_at = now(), waiting = $2, waiting_since = $3 WHERE id = $1',
        [instance, waiting, waitingSince === null ? null : timestamp(waitingSince)],
      ),
    );
    if (changed === 0) this.forget();
  }

  /** Forgets ids, which may have been freed. */
  forget(): void {
    this.ids.clear();
    this.originsOfInstances.clear();
  }

  /** Reads the origins of instances, and returns how to look them up. */
  async originsOf(
    statements: Statements,
    rows: readonly number[],
  ): Promise<(instance: number) => CallOrigin> {
    const missing = [...new Set(rows)].filter((id) => !this.originsOfInstances.has(id));
    if (missing.length > 0) {
      const found = await statements.rows(
        `SELECT instance.id, service, version, environment, name
         FROM instance LEFT JOIN origin ON origin.id = instance.origin WHERE instance.id = ANY($1::int[])`,
        [missing],
      );
      for (const [id, ...names] of found) this.originsOfInstances.set(id as number, originOf(names));
    }
    return (instance) => this.originsOfInstances.get(instance) ?? UNKNOWN_ORIGIN;
  }

  private async add(statements: Statements, instance: OwnInstance, used: Day): Promise<InstanceIds> {
    const names = ORIGIN_DIMENSIONS.map((dimension) => stored(instance[dimension]));
    const [[existing] = []] = await statements.rows(
      `SELECT id FROM origin WHERE service = $1 AND version = $2 AND environment = $3`,
      names,
    );
    if (existing === undefined) {
      await statements.rows('SELECT pg_advisory_xact_lock($1)', [lockKey(this.schema, 'names')]);
      await statements.change(
        `INSERT INTO origin (service, version, environment, used)
         SELECT $1, $2, $3, date '1970-01-01' + $4::int WHERE (SELECT count(*) FROM origin) < $5 ON CONFLICT DO NOTHING`,
        [...names, used, MAX_ORIGINS],
      );
    }
    const [[origin = UNKNOWN] = []] = await statements.rows(
      `UPDATE origin SET used = greatest(used, date '1970-01-01' + $4::int)
       WHERE service = $1 AND version = $2 AND environment = $3 RETURNING id`,
      [...names, used],
    );
    const [[id] = []] = await statements.rows(
      `INSERT INTO instance (uuid, origin, name, host, pid, started_at, seen_at, used)
       VALUES ($1, $2, $3, $4, $5, $6, now(), date '1970-01-01' + $7::int)
       ON CONFLICT (uuid) DO UPDATE SET used = greatest(instance.used, excluded.used) RETURNING id`,
      [
        instance.id,
        origin as number,
        stored(instance.instance),
        boundedName(instance.host),
        instance.pid,
        timestamp(instance.startedAt),
        used,
      ],
    );
    return { instance: id as number, origin: origin as number };
  }
}

/** Returns the names of all programs, by id. */
export async function readOrigins(
  statements: Statements,
): Promise<ReadonlyMap<number, Omit<CallOrigin, 'instance'>>> {
  const rows = await statements.rows('SELECT id, service, version, environment FROM origin');
  const unknown = { service: null, version: null, environment: null };
  return new Map([
    [UNKNOWN, unknown],
    ...rows.map(([id, ...names]): [number, Omit<CallOrigin, 'instance'>] => {
      const { instance: _, ...origin } = originOf(names);
      return [id as number, origin];
    }),
  ]);
}

/** Returns the ids of the programs that a filter selects; `null` if it selects by none of their properties. */
export async function matchingOrigins(
  statements: Statements,
  where: MeasureFilter,
): Promise<readonly number[] | null> {
  if (!isOfOrigin(where)) return null;
  return [...(await readOrigins(statements))]
    .filter(([, origin]) => isFrom({ ...origin, instance: null }, where))
    .map(([id]) => id);
}

/** Returns the ids of the instances that a filter selects; `null` if it selects by no property of them. */
export async function matchingInstances(
  statements: Statements,
  where: MeasureFilter,
): Promise<readonly number[] | null> {
  if (!isOfOrigin(where) && where.instance === undefined) return null;
  const rows = await statements.rows(
    `SELECT instance.id, service, version, environment, name
     FROM instance LEFT JOIN origin ON origin.id = instance.origin`,
  );
  return rows.filter(([, ...names]) => isFrom(originOf(names), where)).map(([id]) => id as number);
}

/** Returns the processes that added calls, the latest start first. */
export async function readInstances(statements: Statements): Promise<readonly StoreInstance[]> {
  const ms = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::bigint`;
  const rows = await statements.rows(
    `SELECT uuid, host, pid, ${ms('started_at')}, ${ms('seen_at')}, waiting, ${ms('waiting_since')},
       service, version, environment, name
     FROM instance LEFT JOIN origin ON origin.id = instance.origin ORDER BY started_at DESC LIMIT ${LISTED_INSTANCES}`,
  );
  return rows.map(([id, host, pid, startedAt, seenAt, waiting, waitingSince, ...names]) => ({
    id: id as string,
    host: host as string,
    pid: pid as number,
    startedAt: startedAt as number,
    seenAt: seenAt as number,
    waiting: waiting as number,
    waitingSince: waitingSince as number | null,
    ...originOf(names),
  }));
}

/**
 * Deletes processes and programs without calls.
 *
 * @param oldestCall - the oldest day with calls
 * @param oldestRollup - the oldest day with rollups
 */
export async function dropOrigins(
  statements: Statements,
  oldestCall: Day,
  oldestRollup: Day,
): Promise<number> {
  const instances = await statements.change(
    `DELETE FROM instance WHERE used < date '1970-01-01' + $1::int AND seen_at < now() - interval '1 day'`,
    [oldestCall],
  );
  const origins = await statements.change(
    `DELETE FROM origin WHERE used < date '1970-01-01' + $1::int AND id NOT IN (SELECT origin FROM instance)`,
    [oldestRollup],
  );
  return instances + origins;
}

function isOfOrigin(where: MeasureFilter): boolean {
  return ORIGIN_DIMENSIONS.some((dimension) => where[dimension] !== undefined);
}

function isFrom(origin: CallOrigin, where: MeasureFilter): boolean {
  return ([...ORIGIN_DIMENSIONS, 'instance'] as const).every(
    (dimension) =>
      where[dimension]?.some((name) => (name === null ? null : boundedName(name)) === origin[dimension]) ??
      true,
  );
}

function originOf([service, version, environment, instance]: Row): CallOrigin {
  return {
    service: known(service),
    version: known(version),
    environment: known(environment),
    instance: known(instance),
  };
}

function stored(name: string | null): string {
  return name === null ? '' : boundedName(name);
}

function known(name: unknown): string | null {
  return typeof name === 'string' && name !== '' ? name : null;
}

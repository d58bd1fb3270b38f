import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { boundedName } from '../../text/bounded-name.js';
import { DAY } from '../../units/time.js';
import { UNKNOWN_ORIGIN, type CallOrigin } from '../call-origin.js';
import type { StoreInstance } from '../call-store.js';
import { MAX_ORIGINS, type OwnInstance } from '../core/instance.js';
import { ORIGIN_DIMENSIONS, type MeasureFilter } from '../measures.js';

/** The id of an unknown origin or instance. */
export const UNKNOWN = 0;

/** Ids of this process in the database. */
export interface OwnIds {
  readonly instance: number;
  readonly origin: number;
}

/** Maps the processes that added calls, and the programs that they run, to small ids. */
export class Origins {
  private readonly origins = new Map<number, CallOrigin>();
  private readonly addOrigin: StatementSync;
  private readonly addInstance: StatementSync;
  private readonly findInstance: StatementSync;
  private readonly countOrigins: StatementSync;
  private readonly findOrigin: StatementSync;

  constructor(
    private readonly database: DatabaseSync,
    private readonly own: OwnInstance | null,
  ) {
    this.findOrigin = database.prepare(
      'SELECT id FROM origin WHERE service = ? AND version = ? AND environment = ?',
    );
    this.countOrigins = database.prepare('SELECT count(*) AS count FROM origin');
    this.addOrigin = database.prepare(
      `INSERT INTO origin (service, version, environment, lastAt) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET lastAt = max(lastAt, excluded.lastAt) RETURNING id`,
    );
    this.addInstance = database.prepare(
      `INSERT INTO instance (uuid, origin, name, host, pid, startedAt, seenAt, lastAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET lastAt = max(lastAt, excluded.lastAt), seenAt = excluded.seenAt RETURNING id`,
    );
    this.findInstance = database.prepare(
      `SELECT instance.name, service, version, environment FROM instance LEFT JOIN origin ON origin.id = instance.origin
       WHERE instance.id = ?`,
    );
  }

  /**
   * Records a sign of life of this process, whose last call ended at `lastAt`, and returns its ids. Call it inside a
   * transaction.
   */
  seen(now: number, lastAt = 0): OwnIds {
    const { own } = this;
    if (own === null) return { instance: UNKNOWN, origin: UNKNOWN };
    const names = ORIGIN_DIMENSIONS.map((dimension) => stored(own[dimension]));
    const [service, version, environment] = names as [string, string, string];
    const known = this.findOrigin.get(service, version, environment) !== undefined;
    const { count } = this.countOrigins.get() as { count: number };
    const origin =
      known || count < MAX_ORIGINS
        ? (this.addOrigin.get(service, version, environment, lastAt) as { id: number }).id
        : UNKNOWN;
    const { id } = this.addInstance.get(
      own.id,
      origin,
      stored(own.instance),
      own.host,
      own.pid,
      own.startedAt,
      now,
      lastAt,
    ) as { id: number };
    return { instance: id, origin };
  }

  /** Returns the origin of the calls of an instance. */
  originOf(instance: number): CallOrigin {
    let origin = this.origins.get(instance);
    if (!origin) this.origins.set(instance, (origin = this.read(instance)));
    return origin;
  }

  /** Returns the id of the program of an instance. */
  idOfOrigin(instance: number): number {
    const row = this.database.prepare('SELECT origin FROM instance WHERE id = ?').get(instance);
    return (row as { origin: number } | undefined)?.origin ?? UNKNOWN;
  }

  /** Returns the names of all programs, by id. */
  all(): ReadonlyMap<number, Omit<CallOrigin, 'instance'>> {
    const rows = this.database.prepare('SELECT id, service, version, environment FROM origin').all() as Array<
      { id: number } & Record<(typeof ORIGIN_DIMENSIONS)[number], string>
    >;
    return new Map([
      [UNKNOWN, UNKNOWN_ORIGIN],
      ...rows.map(({ id, service, version, environment }): [number, Omit<CallOrigin, 'instance'>] => [
        id,
        { service: known(service), version: known(version), environment: known(environment) },
      ]),
    ]);
  }

  /** Returns the ids of the instances that a filter selects; `null` if it selects by no property of them. */
  matchingInstances(where: MeasureFilter): readonly number[] | null {
    if (!isOfOrigin(where) && where.instance === undefined) return null;
    const rows = this.database.prepare('SELECT id FROM instance').all() as Array<{ id: number }>;
    return [UNKNOWN, ...rows.map(({ id }) => id)].filter((id) => isFrom(this.originOf(id), where));
  }

  /** Returns the ids of the programs that a filter selects; `null` if it selects by none of their properties. */
  matchingOrigins(where: MeasureFilter): ReadonlySet<number> | null {
    if (!isOfOrigin(where)) return null;
    return new Set(
      [...this.all()].filter(([, origin]) => isFrom({ ...origin, instance: null }, where)).map(([id]) => id),
    );
  }

  /** Returns the processes that added calls, the latest start first. */
  instances(): readonly StoreInstance[] {
    const rows = this.database
      .prepare('SELECT id, uuid, host, pid, startedAt, seenAt FROM instance ORDER BY startedAt DESC')
      .all() as unknown as Array<
      { id: number; uuid: string } & Pick<StoreInstance, 'host' | 'pid' | 'startedAt' | 'seenAt'>
    >;
    return rows.map(({ id, uuid, ...instance }) => ({
      ...instance,
      id: uuid,
      ...this.originOf(id),
      waiting: 0,
      waitingSince: null,
    }));
  }

  /** Deletes processes and programs without calls. Call it inside a transaction. */
  drop(oldestCall: number, oldestRollup: number, now: number): void {
    this.database.prepare('DELETE FROM instance WHERE lastAt < ? AND seenAt < ?').run(oldestCall, now - DAY);
    this.database
      .prepare('DELETE FROM origin WHERE lastAt < ? AND id NOT IN (SELECT origin FROM instance)')
      .run(oldestRollup);
    this.origins.clear();
  }

  private read(id: number): CallOrigin {
    const row = this.findInstance.get(id) as Record<string, string | null> | undefined;
    if (!row) return UNKNOWN_ORIGIN;
    return {
      service: known(row['service']!),
      version: known(row['version']!),
      environment: known(row['environment']!),
      instance: known(row['name']!),
    };
  }
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

function stored(name: string | null): string {
  return name === null ? '' : boundedName(name);
}

function known(name: string | null): string | null {
  return name === '' ? null : name;
}

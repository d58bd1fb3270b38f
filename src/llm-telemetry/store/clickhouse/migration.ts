import { DatabaseError } from '../core/shared-backend.js';
import { ROLLUP_LENGTHS, type Horizons } from '../core/rollup-ranges.js';
import type { ClickHouseSettings } from './clickhouse-settings.js';
import { LAYOUT, type Retention } from './layout.js';
import { horizonsOf } from './stats-reader.js';
import type { Tables } from './tables.js';

/** Prefix of the keys of horizons, before the length. */
const HORIZON = 'horizon_';

/** Creates the tables, and checks that this version can use them. */
export class Migration {
  /** Days that rollups are kept, on which all instances agree. */
  rollupDays: number;
  private imported: Partial<Horizons> = {};

  constructor(
    private readonly tables: Tables,
    private readonly settings: ClickHouseSettings,
    /** Leaves the retention of existing tables as it is. */
    private readonly keepsRetention: boolean,
  ) {
    this.rollupDays = settings.retention.rollupDays;
  }

  /**
   * Creates what is missing. All instances do so when they start, at the same time: each statement can be repeated.
   *
   * @throws DatabaseError
   */
  async run(): Promise<void> {
    const { connection, layout } = this.tables;
    const { database, retention, migrate } = this.settings;
    const existing = await this.existingTables();
    if (existing === null || !existing.has('meta')) {
      if (existing?.has('call'))
        throw new DatabaseError(
          'not_a_store',
          `The database "${database}" has a table "call" of another application.`,
        );
      if (migrate === 'check') throw olderLayout(null);
      if (existing === null) await connection.run(layout.createDatabase());
    } else if ((await this.check()) === LAYOUT) {
      return this.agreeOnRetention();
    }
    if (migrate === 'check') throw olderLayout(null);
    for (const statement of layout.createTables(retention)) await connection.run(statement);
    await this.write({ layout: LAYOUT, ...retention });
  }

  /** Returns the layout of the tables; `null` while they are created. @throws DatabaseError if it is newer than known. */
  async check(): Promise<number | null> {
    const { layout, ...retention } = await this.read();
    if (layout !== null && layout > LAYOUT)
      throw new DatabaseError(
        'newer_version',
        `The layout of the database is ${layout}; this version knows layouts up to ${LAYOUT}.`,
      );
    if (retention.rollupDays !== null) this.rollupDays = retention.rollupDays;
    return layout;
  }

  /** Returns since when rollups of each length are complete. */
  horizons(now: number): Horizons {
    const own = horizonsOf(this.rollupDays, now);
    return Object.fromEntries(
      ROLLUP_LENGTHS.map((length) => [length, Math.max(own[length], this.imported[length] ?? 0)]),
    ) as Horizons;
  }

  /** Rollups that are shorter than an imported store kept are not read. @throws DatabaseError */
  async raiseHorizons(horizons: Horizons): Promise<void> {
    await this.check();
    const raised = ROLLUP_LENGTHS.filter((length) => horizons[length] > (this.imported[length] ?? 0));
    if (raised.length === 0) return;
    await this.write(Object.fromEntries(raised.map((length) => [HORIZON + length, horizons[length]])));
    await this.check();
  }

  /** The instance that started last decides. */
  private async agreeOnRetention(): Promise<void> {
    const { retention, migrate } = this.settings;
    const { callDays, rollupDays } = await this.read();
    const agrees = callDays === retention.callDays && rollupDays === retention.rollupDays;
    if (agrees || migrate === 'check' || this.keepsRetention) return;
    const { connection, layout } = this.tables;
    for (const statement of layout.changeRetention(retention)) await connection.run(statement);
    await this.write({ ...retention });
  }

  private async existingTables(): Promise<ReadonlySet<string> | null> {
    const { database } = this.settings;
    const rows = await this.tables.connection.rows<[database: string, table: string]>(
      `SELECT d.name, t.name FROM system.databases AS d LEFT JOIN system.tables AS t ON t.database = d.name
       WHERE d.name = {database:String}`,
      { database },
    );
    return rows.length === 0 ? null : new Set(rows.map(([, table]) => table));
  }

  private async read(): Promise<
    { readonly layout: number | null } & { [Key in keyof Retention]: number | null }
  > {
    const rows = await this.tables.connection.rows<[key: string, value: string]>(
      `SELECT key, argMax(value, at) FROM ${this.tables.layout.table('meta')} GROUP BY key`,
    );
    const values = new Map(rows.map(([key, value]) => [key, Number(value)]));
    this.imported = Object.fromEntries(
      ROLLUP_LENGTHS.map((length) => [length, values.get(HORIZON + length) ?? 0]),
    );
    const of = (key: string): number | null => values.get(key) ?? null;
    return { layout: of('layout'), callDays: of('callDays'), rollupDays: of('rollupDays') };
  }

  private async write(values: Readonly<Record<string, number>>): Promise<void> {
    await this.tables.connection.insert(
      this.tables.layout.table('meta'),
      ['key', 'value'],
      Object.entries(values).map(([key, value]) => [key, String(value)]),
      {},
    );
    if (values['rollupDays'] !== undefined) this.rollupDays = values['rollupDays'];
  }
}

function olderLayout(layout: number | null): DatabaseError {
  return new DatabaseError(
    'older_version',
    `The layout of the database is ${layout ?? 'missing'}; this version needs ${LAYOUT}.`,
  );
}

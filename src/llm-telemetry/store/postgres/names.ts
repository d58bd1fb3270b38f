import { withoutVersion } from '../../calls/model-version.js';
import { boundedName } from '../../text/bounded-name.js';
import { DAY } from '../../units/time.js';
import { Newcomers } from '../core/newcomers.js';
import {
  KIND,
  type Kind,
  type NameLimits,
  type ReservedNames,
  type Series,
  type SeriesLookup,
} from '../core/series.js';
import type { Connection, Statements } from './connection.js';
import type { Day } from './days.js';
import { lockKey } from './layout.js';
import {
  NAME,
  SeriesTable,
  type FoundSeries,
  type NameIds,
  type ReservedSets,
  type SeriesKey,
} from './series-table.js';

/** Cached names and series: beyond it, the caches are cleared. */
const MAX_CACHED = 100_000;
const NAMES_MS = 20_000;

interface Cached {
  readonly id: number;
  /** The last day of use that is stored in the database. */
  used: Day;
}

type CachedSeries = Cached & FoundSeries;

/**
 * Maps names and series to small ids. Looking up is synchronous, as `Tally` needs it: what is not cached is collected in
 * sets, and `complete` reads or adds it.
 */
export class Names implements SeriesLookup {
  private readonly names = new Map<string, Cached>();
  private readonly series = new Map<string, CachedSeries>();
  /** Series whose calls are in the rollups of `other`: candidates for a slot (name-slots.ts). */
  readonly newcomers: Readonly<Record<Kind, Newcomers>> = {
    [KIND.model]: new Newcomers(),
    [KIND.route]: new Newcomers(),
    [KIND.tenant]: new Newcomers(),
  };
  private readonly missingNames = new Set<string>();
  private readonly missingSeries = new Map<string, SeriesKey>();
  private readonly reserved: ReservedSets;
  readonly table: SeriesTable;
  /** Day of the last call of the delivery that is being written. */
  day: Day = 0;

  constructor(
    private readonly connection: Connection,
    private readonly schema: string,
    reserved: ReservedNames,
    private readonly limits: NameLimits,
  ) {
    this.reserved = {
      features: new Set(reserved.features.map(boundedName)),
      tenants: new Set(reserved.tenants.map(boundedName)),
    };
    this.table = new SeriesTable(schema, this.reserved, limits);
  }

  /**
   * Builds rows from names that were used on a day. Names that are not known are read or added, and the rows built again.
   *
   * @param within - the transaction to read and add them in; otherwise, it is a separate one
   * @throws DatabaseError
   */
  async complete<Rows>(day: Day, build: () => Rows, within?: Statements): Promise<Rows> {
    this.day = day;
    if (this.names.size > MAX_CACHED || this.series.size > MAX_CACHED) this.forget();
    for (;;) {
      this.missingNames.clear();
      this.missingSeries.clear();
      const rows = build();
      if (this.missingNames.size === 0 && this.missingSeries.size === 0) return rows;
      const resolve = (statements: Statements): Promise<void> => this.resolve(statements);
      try {
        await (within ? resolve(within) : this.connection.transaction({ timeoutMs: NAMES_MS }, resolve));
      } catch (error) {
        // What was added may not exist.
        this.forget();
        throw error;
      }
    }
  }

  /** Forgets ids, which may have been freed. */
  forget(): void {
    this.names.clear();
    this.series.clear();
  }

  /** Returns the id of a name; 0 if it must be resolved first. */
  idOf(text: string | null): number {
    if (text === null) return NAME.none;
    const known = this.names.get(text);
    if (known && known.used >= this.day) return known.id;
    this.missingNames.add(text);
    return known?.id ?? NAME.none;
  }

  seriesOf(feature: string, operation: string, provider: string | null, model: string | null): Series {
    return this.seriesOfIds(KIND.model, [
      this.idOf(feature),
      this.idOf(operation),
      this.idOf(provider),
      this.idOf(model),
    ]);
  }

  seriesOfGroup(kind: Exclude<Kind, typeof KIND.model>, name: string): Series {
    return this.seriesOfIds(kind, [this.idOf(name), NAME.none, NAME.none, NAME.none]);
  }

  /** Reads what is missing, and adds what does not exist, up to the limits. */
  private async resolve(statements: Statements): Promise<void> {
    const names = await this.resolveNames(statements, [...this.missingNames]);
    const series = await this.resolveSeries(statements, [...this.missingSeries]);
    // Last, and in order: a process that waits for the lock of names must not hold rows that its holder marks.
    await markUsed(statements, 'name', names, this.day);
    await markUsed(statements, 'series', series, this.day);
  }

  private seriesOfIds(kind: Kind, ids: NameIds): Series {
    const text = ids.join(' ');
    const key = `${kind} ${text}`;
    const known = this.series.get(key);
    if (known?.isOther) this.newcomers[kind].count(text, this.day * DAY);
    if (known && known.used >= this.day) return known;
    // Ids of missing names are not known yet.
    if (this.missingNames.size === 0) this.missingSeries.set(key, [kind, ...ids]);
    return known ?? { id: 0, rollup: 0 };
  }

  /** Returns the ids of the names that must be marked as used. */
  private async resolveNames(statements: Statements, names: readonly string[]): Promise<number[]> {
    if (names.length === 0) return [];
    const kept = [...new Set(names.map(boundedName))];
    const find = (): Promise<Array<readonly [string, number, boolean]>> =>
      statements.rows(
        `SELECT text, id, used < date '1970-01-01' + $2::int FROM name WHERE text = ANY($1::text[])`,
        [kept, this.day],
      );
    let found = await find();
    if (found.length < kept.length) {
      // Otherwise processes that add the same names in another order would wait for each other.
      await statements.rows('SELECT pg_advisory_xact_lock($1)', [lockKey(this.schema, 'names')]);
      const existing = new Set(found.map(([text]) => text));
      const added = kept.filter((text) => !existing.has(text));
      const isReserved = (text: string): boolean =>
        this.reserved.features.has(text) || this.reserved.tenants.has(text);
      await statements.change(
        `INSERT INTO name (text, used)
         SELECT wanted.text, date '1970-01-01' + $3::int
         FROM unnest($1::text[], $2::boolean[]) WITH ORDINALITY AS wanted (text, reserved, number)
         WHERE reserved OR number <= $4 - (SELECT count(*) FROM name) ON CONFLICT DO NOTHING`,
        [added, added.map(isReserved), this.day, this.limits.names],
      );
      found = await find();
    }
    const ids = new Map(found.map(([text, id]) => [text, id]));
    for (const text of names)
      this.names.set(text, { id: ids.get(boundedName(text)) ?? NAME.other, used: this.day });
    return found.flatMap(([, id, isOutdated]) => (isOutdated ? id : []));
  }

  /** Returns the ids of the series that must be marked as used. */
  private async resolveSeries(
    statements: Statements,
    wanted: ReadonlyArray<readonly [string, SeriesKey]>,
  ): Promise<number[]> {
    const found = await this.table.resolve(
      statements,
      wanted.map(([, key]) => key),
      this.day,
    );
    for (const [index, series] of found.entries())
      this.series.set(wanted[index]![0], { ...series, used: this.day });
    return found.flatMap(({ id, rollup }) => [id, rollup]);
  }
}

/** Marks rows as used on a day, in the order of their ids. */
async function markUsed(
  statements: Statements,
  table: 'name' | 'series',
  ids: readonly number[],
  day: Day,
): Promise<void> {
  if (ids.length === 0) return;
  await statements.change(
    `UPDATE ${table} SET used = date '1970-01-01' + $2::int FROM (
       SELECT id FROM ${table} WHERE id = ANY($1::int[]) AND used < date '1970-01-01' + $2::int ORDER BY id FOR UPDATE
     ) AS outdated WHERE ${table}.id = outdated.id`,
    [ids, day],
  );
}

/** Returns the ids of the names that exist; for models, also those of their versions. */
export async function nameIds(
  statements: Statements,
  wanted: ReadonlyArray<string | null>,
  dimension?: string,
): Promise<number[]> {
  const kept = wanted.flatMap((name) => (name === null ? [] : boundedName(name)));
  const none = wanted.includes(null) ? [NAME.none] : [];
  if (kept.length === 0) return none;
  if (dimension !== 'model') {
    const rows = await statements.rows('SELECT id FROM name WHERE text = ANY($1::text[])', [kept]);
    return [...none, ...rows.map(([id]) => id as number)];
  }
  const rows = await statements.rows<readonly [number, string]>(
    `SELECT id, name.text FROM name JOIN unnest($1::text[]) AS base (text) ON starts_with(name.text, base.text)
     WHERE id IN (SELECT model FROM series WHERE kind = ${KIND.model})`,
    [kept],
  );
  const matching = rows.filter(([, text]) => kept.includes(text) || kept.includes(withoutVersion(text)));
  return [...new Set([...none, ...matching.map(([id]) => id)])];
}

/** Returns the names with these ids. */
export async function nameTexts(
  statements: Statements,
  ids: readonly number[],
): Promise<(id: number) => string | null> {
  const rows = await statements.rows('SELECT id, text FROM name WHERE id = ANY($1::int[])', [
    [...new Set(ids)],
  ]);
  const texts = new Map(rows.map(([id, text]) => [id as number, text as string]));
  return (id) => (id === NAME.none ? null : (texts.get(id) ?? 'other'));
}

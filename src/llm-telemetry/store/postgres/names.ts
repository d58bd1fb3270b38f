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
import { columnsOf, unnest } from './sum-columns.js';

/** Ids of names that every database has. */
export const NAME = { none: 0, ok: 1, other: 2 } as const;

/** Values of the column `rolled`: which rollups contain the calls of a series. */
export const ROLLED = { inOther: 0, own: 1, reserved: 2 } as const;

/** Limit of series without rollups, as a multiple of the limit of those with rollups. */
const ROWS_PER_ROLLED_SERIES = 10;
/** Cached names and series: beyond it, the caches are cleared. */
const MAX_CACHED = 100_000;
const NAMES_MS = 20_000;

/** The ids of the names of a series; a route or a tenant takes the place of the feature. */
export type NameIds = readonly [feature: number, operation: number, provider: number, model: number];

interface Cached {
  readonly id: number;
  /** The last day of use that is stored in the database. */
  used: Day;
}

/** `isOther`: its calls are in the rollups of `other`. */
type CachedSeries = Cached & Series & { readonly isOther?: boolean };

/** A series that is not cached, by its key. */
type WantedSeries = readonly [key: string, names: readonly [Kind, NameIds]];

interface StoredSeries {
  readonly id: number;
  readonly rolled: number;
}

type StoredRow = readonly [kind: Kind, ...ids: NameIds, id: number, rolled: number];

const SERIES_COLUMNS = { kind: 'smallint', feature: 'int', operation: 'int', provider: 'int', model: 'int' };
const SERIES_KEY = Object.keys(SERIES_COLUMNS).join(', ');
const SERIES_TYPES = Object.values(SERIES_COLUMNS);

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
  private readonly missingSeries = new Map<string, readonly [Kind, NameIds]>();
  private readonly reservedFeatures: ReadonlySet<string>;
  private readonly reservedTenants: ReadonlySet<string>;
  /** Day of the last call of the delivery that is being written. */
  private day: Day = 0;

  constructor(
    private readonly connection: Connection,
    private readonly schema: string,
    reserved: ReservedNames,
    readonly limits: NameLimits,
  ) {
    this.reservedFeatures = new Set(reserved.features.map(boundedName));
    this.reservedTenants = new Set(reserved.tenants.map(boundedName));
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
    const key = keyOf(kind, ids);
    const known = this.series.get(key);
    if (known?.isOther) this.newcomers[kind].count(ids.join(' '), this.day * DAY);
    if (known && known.used >= this.day) return known;
    // Ids of missing names are not known yet.
    if (this.missingNames.size === 0) this.missingSeries.set(key, [kind, ids]);
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
        this.reservedFeatures.has(text) || this.reservedTenants.has(text);
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

  /** Returns the ids of the series that must be marked as used. A new program has hundreds at once. */
  private async resolveSeries(statements: Statements, wanted: readonly WantedSeries[]): Promise<number[]> {
    if (wanted.length === 0) return [];
    const stored = await findSeries(statements, wanted);
    const missing = wanted.filter(([key]) => !stored.has(key));
    if (missing.length > 0) {
      await statements.rows('SELECT pg_advisory_xact_lock($1)', [lockKey(this.schema, 'names')]);
      for (const [key, found] of await findSeries(statements, missing)) stored.set(key, found);
      for (const kind of Object.values(KIND)) {
        const ofKind = missing.filter(([key, [of]]) => of === kind && !stored.has(key));
        for (const [key, added] of await this.addSeries(statements, kind, ofKind)) stored.set(key, added);
      }
    }
    const others = new Map<string, number>();
    const outdated: number[] = [];
    for (const [key, [kind, ids]] of wanted) {
      const { id, rolled } = stored.get(key) ?? { id: null, rolled: ROLLED.inOther };
      const isOther = rolled === ROLLED.inOther;
      const rollup = isOther ? await this.cachedOther(statements, others, kind, ids) : id!;
      const series = { id: id ?? rollup, rollup };
      this.series.set(key, { ...series, used: this.day, ...(isOther && { isOther }) });
      outdated.push(series.id, series.rollup);
    }
    return outdated;
  }

  /**
   * Adds series of a kind, with rollups while there is room. Those that are not returned have no row. Call it with the lock
   * of names.
   */
  private async addSeries(
    statements: Statements,
    kind: Kind,
    wanted: readonly WantedSeries[],
  ): Promise<ReadonlyMap<string, StoredSeries>> {
    if (wanted.length === 0) return new Map();
    const limit = this.limits.series[kind];
    const reserved =
      kind === KIND.tenant ? await idsOfNames(statements, this.reservedTenants) : new Set<number>();
    let slots = limit - (await this.count(statements, kind, ROLLED.own));
    // Calls refer to the series of their names while there is room, so that a search by name finds them.
    let rows =
      kind === KIND.model && wanted.length > slots
        ? ROWS_PER_ROLLED_SERIES * limit - (await this.count(statements, kind, ROLLED.inOther))
        : 0;
    const added = wanted.flatMap(([, [, ids]]): Array<readonly [...NameIds, number]> => {
      if (reserved.has(ids[0])) return [[...ids, ROLLED.reserved]];
      if (slots-- > 0) return [[...ids, ROLLED.own]];
      return rows-- > 0 ? [[...ids, ROLLED.inOther]] : [];
    });
    return insertRows(statements, kind, added, this.day);
  }

  /** As `otherSeries`, which is the same for all series of a kind, except those of reserved features. */
  private async cachedOther(
    statements: Statements,
    known: Map<string, number>,
    kind: Kind,
    ids: NameIds,
  ): Promise<number> {
    const isByFeature = kind === KIND.model && this.reservedFeatures.size > 0;
    const key = isByFeature ? `${kind} ${ids[0]}` : String(kind);
    const id = known.get(key) ?? (await this.otherSeries(statements, kind, ids));
    known.set(key, id);
    return id;
  }

  /** Returns the series whose rollups count the calls of a series without rollups. */
  async otherSeries(statements: Statements, kind: Kind, [feature]: NameIds): Promise<number> {
    // Sums of a feature with a budget stay exact, whatever its models are.
    const isReserved =
      kind === KIND.model && (await idsOfNames(statements, this.reservedFeatures)).has(feature);
    const { none, other } = NAME;
    const ids: NameIds =
      kind === KIND.model ? [isReserved ? feature : other, other, other, other] : [other, none, none, none];
    const [[id] = []] = await statements.rows(
      `SELECT id FROM series WHERE kind = $1 AND feature = $2 AND operation = $3 AND provider = $4 AND model = $5`,
      [kind, ...ids],
    );
    return typeof id === 'number' ? id : this.insertSeries(statements, kind, ids, ROLLED.own);
  }

  /** Adds a series, or gives an existing one rollups of its own. */
  async insertSeries(statements: Statements, kind: Kind, ids: NameIds, rolled: number): Promise<number> {
    const added = await insertRows(statements, kind, [[...ids, rolled]], this.day);
    return added.get(keyOf(kind, ids))!.id;
  }

  /** Counts the series of a kind. */
  async count(statements: Statements, kind: Kind, rolled: number): Promise<number> {
    const [[count] = []] = await statements.rows(
      'SELECT count(*) FROM series WHERE kind = $1 AND rolled = $2',
      [kind, rolled],
    );
    return count as number;
  }
}

function keyOf(kind: Kind, ids: NameIds): string {
  return `${kind} ${ids.join(' ')}`;
}

async function findSeries(
  statements: Statements,
  wanted: readonly WantedSeries[],
): Promise<Map<string, StoredSeries>> {
  const rows = await statements.rows<StoredRow>(
    `SELECT ${SERIES_KEY}, id, rolled FROM series JOIN ${unnest(SERIES_TYPES)} AS wanted (${SERIES_KEY}) USING (${SERIES_KEY})`,
    columnsOf(
      wanted.map(([, [kind, ids]]) => [kind, ...ids]),
      SERIES_TYPES.length,
    ),
  );
  return seriesByKey(rows);
}

/** Adds series, or gives existing ones rollups of their own. */
async function insertRows(
  statements: Statements,
  kind: Kind,
  added: ReadonlyArray<readonly [...NameIds, rolled: number]>,
  day: Day,
): Promise<Map<string, StoredSeries>> {
  const rows = await statements.rows<StoredRow>(
    `INSERT INTO series (${SERIES_KEY}, rolled, used)
     SELECT added.*, date '1970-01-01' + $${SERIES_TYPES.length + 2}::int FROM ${unnest([...SERIES_TYPES, 'int'])} AS added
     ON CONFLICT (${SERIES_KEY}) DO UPDATE SET rolled = greatest(series.rolled, excluded.rolled)
     RETURNING ${SERIES_KEY}, id, rolled`,
    [
      ...columnsOf(
        added.map((row) => [kind, ...row]),
        SERIES_TYPES.length + 1,
      ),
      day,
    ],
  );
  return seriesByKey(rows);
}

function seriesByKey(rows: readonly StoredRow[]): Map<string, StoredSeries> {
  return new Map(
    rows.map(([kind, feature, operation, provider, model, id, rolled]) => [
      keyOf(kind, [feature, operation, provider, model]),
      { id, rolled },
    ]),
  );
}

async function idsOfNames(statements: Statements, names: ReadonlySet<string>): Promise<ReadonlySet<number>> {
  if (names.size === 0) return new Set();
  const rows = await statements.rows('SELECT id FROM name WHERE text = ANY($1::text[])', [[...names]]);
  return new Set(rows.map(([id]) => id as number));
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

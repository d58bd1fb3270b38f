import { KIND, type Kind, type NameLimits, type Series } from '../core/series.js';
import { columnsOf, rowsOf } from './array-parameters.js';
import type { Statements } from './connection.js';
import type { Day } from './days.js';
import { lockKey } from './layout.js';

/** Ids of names that every database has. */
export const NAME = { none: 0, ok: 1, other: 2 } as const;

/** Values of the column `rolled`: which rollups contain the calls of a series. */
export const ROLLED = { inOther: 0, own: 1, reserved: 2 } as const;

/** Limit of series without rollups, as a multiple of the limit of those with rollups. */
const ROWS_PER_ROLLED_SERIES = 10;

/** The ids of the names of a series; a route or a tenant takes the place of the feature. */
export type NameIds = readonly [feature: number, operation: number, provider: number, model: number];

/** What a series is found by. */
export type SeriesKey = readonly [kind: Kind, ...ids: NameIds];

/** `isOther`: its calls are in the rollups of `other`. */
export type FoundSeries = Series & { readonly isOther?: boolean };

/** Names of budgets, bounded like all names. */
export interface ReservedSets {
  readonly features: ReadonlySet<string>;
  readonly tenants: ReadonlySet<string>;
}

interface SeriesRow {
  readonly id: number;
  readonly rolled: number;
}

const KEY = ['kind', 'feature', 'operation', 'provider', 'model'];
const KEY_COLUMNS = KEY.join(', ');
const KEY_TYPES = ['smallint', 'int', 'int', 'int', 'int'];

/** Reads and adds series. A delivery takes a fixed number of statements, however many series it has. */
export class SeriesTable {
  constructor(
    private readonly schema: string,
    private readonly reserved: ReservedSets,
    private readonly limits: NameLimits,
  ) {}

  /** Returns the series of keys in the order of these. Adds what does not exist, with rollups while there is room. */
  async resolve(statements: Statements, keys: readonly SeriesKey[], day: Day): Promise<FoundSeries[]> {
    if (keys.length === 0) return [];
    const reserved = await this.reservedIds(statements);
    const others = keys.map((key) => otherKeyOf(key, reserved.features));
    const find = (): Promise<Map<string, SeriesRow>> => findSeries(statements, [...keys, ...others]);
    let rows = await find();
    const isMissing = (key: SeriesKey, index: number): boolean => {
      const row = rows.get(textOf(key));
      return !row || (row.rolled === ROLLED.inOther && !rows.has(textOf(others[index]!)));
    };
    if (keys.some(isMissing)) {
      await statements.rows('SELECT pg_advisory_xact_lock($1)', [lockKey(this.schema, 'names')]);
      rows = await find();
      const added = await this.addedTo(statements, { keys, others, rows, tenants: reserved.tenants });
      for (const [key, row] of await insertSeries(statements, added, day)) rows.set(key, row);
    }
    return keys.map((key, index) => {
      const row = rows.get(textOf(key));
      if (row && row.rolled !== ROLLED.inOther) return { id: row.id, rollup: row.id };
      const rollup = rows.get(textOf(others[index]!))!.id;
      return { id: row?.id ?? rollup, rollup, isOther: true };
    });
  }

  /** Returns the series whose rollups count the calls of a series without rollups. */
  async other(statements: Statements, key: SeriesKey, day: Day): Promise<number> {
    const { features } = await this.reservedIds(statements);
    return this.addRolled(statements, otherKeyOf(key, features), day);
  }

  /** Gives a series rollups of its own, ignoring the limit, and returns its id. */
  async addRolled(statements: Statements, key: SeriesKey, day: Day): Promise<number> {
    const rows = await insertSeries(statements, new Map([[textOf(key), { key, rolled: ROLLED.own }]]), day);
    return rows.get(textOf(key))!.id;
  }

  /** Returns true if no more series of a kind can have rollups of their own. */
  async isFull(statements: Statements, kind: Kind): Promise<boolean> {
    const counts = await countSeries(statements);
    return countOf(counts, kind, ROLLED.own) >= this.limits.series[kind];
  }

  /** Returns the series to add. Call it with the lock of names. */
  private async addedTo(
    statements: Statements,
    of: {
      readonly keys: readonly SeriesKey[];
      readonly others: readonly SeriesKey[];
      readonly rows: ReadonlyMap<string, SeriesRow>;
      readonly tenants: ReadonlySet<number>;
    },
  ): Promise<Map<string, AddedSeries>> {
    const counts = await countSeries(statements);
    const added = new Map<string, AddedSeries>();
    const add = (key: SeriesKey, rolled: number): void => {
      if (of.rows.has(textOf(key)) || added.has(textOf(key))) return;
      added.set(textOf(key), { key, rolled });
      const counted = `${key[0]} ${rolled}`;
      counts.set(counted, (counts.get(counted) ?? 0) + 1);
    };
    for (const [index, key] of of.keys.entries()) {
      const [kind, feature] = key;
      const limit = this.limits.series[kind];
      const known = of.rows.get(textOf(key)) ?? added.get(textOf(key));
      if (known && known.rolled !== ROLLED.inOther) continue;
      if (!known && kind === KIND.tenant && of.tenants.has(feature)) add(key, ROLLED.reserved);
      else if (!known && countOf(counts, kind, ROLLED.own) < limit) add(key, ROLLED.own);
      else {
        add(of.others[index]!, ROLLED.own);
        // Calls refer to the series of their names while there is room, so that a search by name finds them.
        const room = ROWS_PER_ROLLED_SERIES * limit - countOf(counts, kind, ROLLED.inOther);
        if (kind === KIND.model && room > 0) add(key, ROLLED.inOther);
      }
    }
    return added;
  }

  /** Returns the ids of the names of budgets that exist. */
  private async reservedIds(
    statements: Statements,
  ): Promise<{ readonly features: ReadonlySet<number>; readonly tenants: ReadonlySet<number> }> {
    const { features, tenants } = this.reserved;
    const texts = [...features, ...tenants];
    const rows =
      texts.length === 0
        ? []
        : await statements.rows<readonly [number, string]>(
            'SELECT id, text FROM name WHERE text = ANY($1::text[])',
            [texts],
          );
    const idsIn = (wanted: ReadonlySet<string>): ReadonlySet<number> =>
      new Set(rows.flatMap(([id, text]) => (wanted.has(text) ? [id] : [])));
    return { features: idsIn(features), tenants: idsIn(tenants) };
  }
}

interface AddedSeries {
  readonly key: SeriesKey;
  readonly rolled: number;
}

/** Sums of a feature with a budget stay exact, whatever its models are. */
function otherKeyOf([kind, feature]: SeriesKey, reservedFeatures: ReadonlySet<number>): SeriesKey {
  const { none, other } = NAME;
  if (kind !== KIND.model) return [kind, other, none, none, none];
  return [kind, reservedFeatures.has(feature) ? feature : other, other, other, other];
}

function textOf(key: SeriesKey): string {
  return key.join(' ');
}

async function findSeries(
  statements: Statements,
  keys: readonly SeriesKey[],
): Promise<Map<string, SeriesRow>> {
  const distinct = [...new Map(keys.map((key) => [textOf(key), key])).values()];
  const rows = await statements.rows(
    `SELECT ${KEY_COLUMNS}, id, rolled FROM series
     JOIN (${rowsOf(KEY_TYPES, KEY)}) AS wanted USING (${KEY_COLUMNS})`,
    columnsOf(distinct, KEY_TYPES),
  );
  return seriesOf(rows as ReadonlyArray<readonly number[]>);
}

/** Adds series, or gives existing ones rollups of their own. */
async function insertSeries(
  statements: Statements,
  added: ReadonlyMap<string, AddedSeries>,
  day: Day,
): Promise<Map<string, SeriesRow>> {
  if (added.size === 0) return new Map();
  const types = [...KEY_TYPES, 'smallint'];
  const rows = await statements.rows(
    `INSERT INTO series (${KEY_COLUMNS}, rolled, used)
     ${rowsOf(types)}, date '1970-01-01' + $${types.length + 1}::int
     ON CONFLICT (${KEY_COLUMNS}) DO UPDATE SET rolled = greatest(series.rolled, excluded.rolled)
     RETURNING ${KEY_COLUMNS}, id, rolled`,
    [
      ...columnsOf(
        [...added.values()].map(({ key, rolled }) => [...key, rolled]),
        types,
      ),
      day,
    ],
  );
  return seriesOf(rows as ReadonlyArray<readonly number[]>);
}

function seriesOf(rows: ReadonlyArray<readonly number[]>): Map<string, SeriesRow> {
  const length = KEY_TYPES.length;
  return new Map(
    rows.map((row) => [row.slice(0, length).join(' '), { id: row[length]!, rolled: row[length + 1]! }]),
  );
}

/** Counts all series, by kind and `rolled`. */
async function countSeries(statements: Statements): Promise<Map<string, number>> {
  const rows = await statements.rows<readonly [kind: number, rolled: number, count: number]>(
    'SELECT kind, rolled, count(*) FROM series GROUP BY kind, rolled',
  );
  return new Map(rows.map(([kind, rolled, count]) => [`${kind} ${rolled}`, count]));
}

function countOf(counts: ReadonlyMap<string, number>, kind: Kind, rolled: number): number {
  return counts.get(`${kind} ${rolled}`) ?? 0;
}

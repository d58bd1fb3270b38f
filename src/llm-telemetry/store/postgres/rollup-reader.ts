import type { Apart, RollupScan, SeriesScan, StoredErrors, StoredRollup } from '../core/backend.js';
import type { RollupRange } from '../core/rollup-ranges.js';
import { KIND, OTHER, type Kind, type SeriesNames } from '../core/series.js';
import { ORIGIN_DIMENSIONS, SERIES_DIMENSIONS, type SeriesFilter } from '../measures.js';
import type { Statements } from './connection.js';
import { nameIds, nameTexts } from './names.js';
import { matchingOrigins, readOrigins } from './origins.js';
import { Parameters } from './parameters.js';
import { ERRORS, MEASURES } from './sum-columns.js';

/** More than there are origins in a database. */
const ORIGINS = 2 ** 20;

/** Names of a series that was deleted after an instance has used it. */
const OTHERS: Readonly<Record<Kind, SeriesNames>> = {
  [KIND.model]: { feature: OTHER, operation: OTHER, provider: OTHER, model: OTHER },
  [KIND.route]: { route: OTHER },
  [KIND.tenant]: { tenant: OTHER },
};

/** Ids of series in a result, besides those of the table. */
const DELETED_SERIES = 0;
const SERIES_NOT_APART = -1;

/**
 * Reads sums that were added up in SQL, or each rollup with its histograms, which SQL cannot add. A month of 200 tenants over
 * time, of which six are distinguished, takes 30 ms of processor time instead of 76 ms.
 */
export async function scanRollups(
  statements: Statements,
  { kind, ranges, where = {}, quantiles, apart }: RollupScan,
  take: (rollup: StoredRollup) => void,
): Promise<void> {
  if (ranges.length === 0) return;
  const [series, origins, wantedOrigins] = await matching(statements, kind, where);
  const parameters = new Parameters();
  const conditions = [`kind = ${parameters.add(kind)}`];
  if (isOfSeries(where)) conditions.push(`series = ANY(${parameters.add([...series.keys()], 'int[]')})`);
  if (wantedOrigins) conditions.push(`origin = ANY(${parameters.add(wantedOrigins, 'int[]')})`);
  const tables = ['rollup', 'delta'] as const;
  const key = ['series', 'start', 'origin'];
  const sql = quantiles
    ? inRanges(parameters, {
        ranges,
        columns: [...key, ...MEASURES.selected, ...MEASURES.histograms],
        conditions,
        tables,
      })
    : addedUp(
        inRanges(parameters, { ranges, columns: [...key, ...MEASURES.sums], conditions, tables }),
        parameters,
        apart,
        shownSeriesOf(kind, series, apart),
      );
  const known = new Map<number, SeriesNames>();
  for (const row of await statements.rows(sql, parameters.values)) {
    const [id, start, origin] = row as [number, number, number];
    if (id === SERIES_NOT_APART) {
      take({ names: null, start, ...MEASURES.read(row, key.length) });
      continue;
    }
    const cached = id * ORIGINS + origin;
    let names = known.get(cached);
    if (!names) known.set(cached, (names = { ...(series.get(id) ?? OTHERS[kind]), ...origins.get(origin) }));
    take({ names, start, ...MEASURES.read(row, key.length) });
  }
}

/** Maps each series to the first one that need not be distinguished from it. */
function shownSeriesOf(
  kind: Kind,
  series: ReadonlyMap<number, SeriesNames>,
  { by, names: own }: Apart,
): ReadonlyMap<number, number> {
  const dimensions = SERIES_DIMENSIONS.filter((dimension) => by.includes(dimension));
  const shown = new Map<number, number>();
  const first = new Map<string, number>();
  for (const [id, names] of series) {
    const name = names.route ?? names.tenant ?? null;
    if (kind !== KIND.model) shown.set(id, own && !own.includes(name!) ? SERIES_NOT_APART : id);
    else {
      const key = JSON.stringify(dimensions.map((dimension) => names[dimension]));
      if (!first.has(key)) first.set(key, id);
      shown.set(id, first.get(key)!);
    }
  }
  return shown;
}

function addedUp(
  rollups: string,
  parameters: Parameters,
  { by, times }: Apart,
  shown: ReadonlyMap<number, number>,
): string {
  const ids = parameters.add([...shown.keys()], 'int[]');
  const shownIds = parameters.add([...shown.values()], 'int[]');
  const byOrigin = ORIGIN_DIMENSIONS.some((dimension) => by.includes(dimension));
  return `SELECT coalesce(apart.shown, ${DELETED_SERIES}), ${times ? 'start' : '0'}, ${byOrigin ? 'origin' : '0'},
      ${MEASURES.added.join(', ')}
    FROM (${rollups}) AS stored LEFT JOIN (SELECT unnest(${ids}) AS id, unnest(${shownIds}) AS shown) AS apart
      ON apart.id = series
    GROUP BY 1, 2, 3`;
}

export async function scanErrors(
  statements: Statements,
  { ranges, where = {} }: SeriesScan,
  take: (error: StoredErrors) => void,
): Promise<void> {
  if (ranges.length === 0) return;
  const [series, , wantedOrigins] = await matching(statements, KIND.model, where);
  const parameters = new Parameters();
  const conditions = ['true'];
  if (isOfSeries(where)) conditions.push(`series = ANY(${parameters.add([...series.keys()], 'int[]')})`);
  if (wantedOrigins) conditions.push(`origin = ANY(${parameters.add(wantedOrigins, 'int[]')})`);
  const columns = ['start', 'type', ...ERRORS.selected];
  const sql = inRanges(parameters, { ranges, columns, conditions, tables: ['error', 'delta_error'] });
  const rows = await statements.rows(sql, parameters.values);
  const textOf = await nameTexts(
    statements,
    rows.map(([, type]) => type as number),
  );
  for (const row of rows) {
    const [start, type] = row as [number, number];
    take({ type: textOf(type)!, start, sums: ERRORS.read(row, 2) });
  }
}

/**
 * Returns a statement that reads rollups and what was not compacted yet. It must be one statement: between two, the compactor
 * could move rows, which would be read twice or not at all.
 */
function inRanges(
  parameters: Parameters,
  of: {
    readonly ranges: readonly RollupRange[];
    readonly columns: readonly string[];
    readonly conditions: readonly string[];
    readonly tables: readonly [rollups: string, deltas: string];
  },
): string {
  const { ranges, columns, conditions, tables } = of;
  const parts = ranges.flatMap(({ length, from, to }) => {
    const level = parameters.add(length, 'int');
    const [first, end] = [parameters.add(from, 'bigint'), parameters.add(to, 'bigint')];
    const range = `${conditions.join(' AND ')} AND start >= ${first} AND start < ${end}`;
    return tables.map(
      (table, index) =>
        `SELECT ${columns.join(', ')} FROM ${table} WHERE ${range}${index === 0 ? ` AND level = ${level}` : ''}`,
    );
  });
  return parts.join(' UNION ALL ');
}

/** Returns the names of matching series and of all origins, and the ids of matching origins. */
async function matching(statements: Statements, kind: Kind, where: SeriesFilter) {
  const series = await readSeries(statements, kind, where);
  return [series, await readOrigins(statements), await matchingOrigins(statements, where)] as const;
}

function isOfSeries(where: SeriesFilter): boolean {
  return SERIES_DIMENSIONS.some((dimension) => where[dimension] !== undefined);
}

/** Returns a condition for the columns of the table `series`. */
export async function seriesCondition(
  statements: Statements,
  parameters: Parameters,
  where: SeriesFilter,
): Promise<string> {
  const parts: string[] = [];
  for (const dimension of SERIES_DIMENSIONS) {
    const wanted = where[dimension];
    if (wanted === undefined) continue;
    const ids = await nameIds(statements, wanted, dimension);
    parts.push(`series.${dimension} = ANY(${parameters.add(ids, 'int[]')})`);
  }
  return parts.length === 0 ? 'true' : parts.join(' AND ');
}

/** Returns the names of the matching series by id. A route or a tenant is in the column of the feature. */
async function readSeries(
  statements: Statements,
  kind: Kind,
  where: SeriesFilter,
): Promise<ReadonlyMap<number, SeriesNames>> {
  const parameters = new Parameters();
  const condition = await seriesCondition(statements, parameters, where);
  const joins = SERIES_DIMENSIONS.map(
    (dimension) => `LEFT JOIN name AS ${dimension} ON ${dimension}.id = series.${dimension}`,
  );
  const rows = await statements.rows(
    `SELECT series.id, ${SERIES_DIMENSIONS.map((dimension) => `${dimension}.text`).join(', ')}
     FROM series ${joins.join(' ')} WHERE series.kind = ${kind} AND ${condition}`,
    parameters.values,
  );
  return new Map(
    rows.map(([id, ...texts]): [number, SeriesNames] => {
      const [name = null] = texts as Array<string | null>;
      if (kind === KIND.route) return [id as number, { route: name }];
      if (kind === KIND.tenant) return [id as number, { tenant: name }];
      const names = SERIES_DIMENSIONS.map((dimension, index) => [
        dimension,
        (texts[index] ?? null) as string | null,
      ]);
      return [id as number, Object.fromEntries(names)];
    }),
  );
}

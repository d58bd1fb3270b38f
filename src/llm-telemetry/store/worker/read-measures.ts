import type { DatabaseSync } from 'node:sqlite';
import { StoreQueryError } from '../call-store.js';
import type {
  Dimension,
  MeasureQuery,
  MeasureResult,
  RangeQuery,
  SeriesFilter,
  UnpricedModel,
} from '../measures.js';
import { readHorizons } from './horizons.js';
import { DAY, HOUR, LEVELS, MINUTE, type Level } from './levels.js';
import { MeasuredGroups, type Rollup } from './measured-groups.js';
import { KIND, type Kind, type Names } from './names.js';
import { seriesCondition } from './series-condition.js';
import { floorTo, shortestAt, spansOf, widened, type Horizons } from './spans.js';

/** Figures from rollups. */
export function readMeasures(database: DatabaseSync, names: Names, query: MeasureQuery): MeasureResult {
  const groups = new MeasuredGroups(query.by ?? [], names, query.quantiles ?? false);
  const read = readRollups(database, names, query, groups);
  return { ...read, groups: groups.measured() };
}

/** Models whose usage is known and whose price is not. */
export function readUnpriced(database: DatabaseSync, names: Names, query: RangeQuery): UnpricedModel[] {
  const by = ['provider', 'model'] as const;
  const groups = new MeasuredGroups(by, names, false);
  readRollups(database, names, { range: query.range, where: query.where, by }, groups);
  return groups.unpriced();
}

function readRollups(
  database: DatabaseSync,
  names: Names,
  query: MeasureQuery,
  groups: MeasuredGroups,
): Pick<MeasureResult, 'range' | 'bucketMs'> {
  const { by = [], where, quantiles = false } = query;
  const group = by.find((dimension) => dimension === 'route' || dimension === 'tenant');
  check(query, group);
  const horizons = readHorizons(database);
  if (group) for (const level of LEVELS) if (level < HOUR) horizons[level] = Infinity;
  const range = widened(query.range, horizons);
  const buckets = bucketsOf(query, horizons);
  const kind = group ? KIND[group] : KIND.model;
  const series = seriesOf(database, names, kind, by, where);
  const rollups = database.prepare(
    `SELECT start, series, sums${quantiles ? ', duration, firstToken' : ''} FROM rollup
     WHERE kind = ? AND level = ? AND start >= ? AND start < ?`,
  );
  for (const { level, from, to } of spansOf(range, buckets?.longest ?? DAY)) {
    for (const row of rollups.iterate(kind, level, from, to) as Iterable<unknown> as Iterable<Rollup>) {
      const ids = series.get(row.series);
      if (!ids) continue;
      const at = buckets && floorTo(row.start - buckets.offset, buckets.length) + buckets.offset;
      groups.add(ids, at, row);
    }
  }
  return { range, bucketMs: buckets?.length ?? null };
}

/** The ids of the names that a group has, by the series that are in it. */
function seriesOf(
  database: DatabaseSync,
  names: Names,
  kind: Kind,
  by: readonly Dimension[],
  where: SeriesFilter | undefined,
): ReadonlyMap<number, readonly number[]> {
  const condition = seriesCondition(names, kind, where);
  const found = database.prepare(`SELECT * FROM series WHERE ${condition.sql}`).all(...condition.values);
  const columns = by.map((dimension) =>
    dimension === 'route' || dimension === 'tenant' ? 'feature' : dimension,
  );
  return new Map(
    (found as Array<Record<string, number>>).map((row) => [
      row['id']!,
      columns.map((column) => row[column]!),
    ]),
  );
}

/** How long buckets can be, and which rollups lie in no two of them. */
function bucketsOf(
  { bucketMs, bucketOffsetMs = 0, range }: MeasureQuery,
  horizons: Horizons,
): { length: number; offset: number; longest: Level } | null {
  if (bucketMs === undefined) return null;
  const shortest = shortestAt(range.from, horizons);
  const length = Math.ceil(bucketMs / shortest) * shortest;
  // A clock that is ahead of UTC starts its day earlier.
  const offset = floorTo(-bucketOffsetMs, shortest);
  const longest = LEVELS.find((level) => length % level === 0 && offset % level === 0) ?? MINUTE;
  return { length, offset: offset === 0 ? 0 : offset, longest };
}

function check(
  { range, by = [], where, bucketMs, bucketOffsetMs = 0, quantiles }: MeasureQuery,
  group?: Dimension,
): void {
  checkRange(range);
  if (group && (by.length > 1 || quantiles || (where && Object.keys(where).length > 0))) {
    throw new StoreQueryError(
      `Figures by ${group} cannot be told apart or filtered by anything else, and have no quantiles.`,
    );
  }
  if (bucketMs !== undefined && !(bucketMs >= MINUTE && bucketMs % MINUTE === 0)) {
    throw new StoreQueryError('The length of a bucket is a multiple of a minute.');
  }
  if (bucketOffsetMs % MINUTE !== 0) throw new StoreQueryError('Buckets are moved by whole minutes.');
}

export function checkRange({ from, to }: MeasureQuery['range']): void {
  if (!(Number.isFinite(from) && Number.isFinite(to) && from >= 0 && from < to)) {
    throw new StoreQueryError('A range begins before it ends.');
  }
}

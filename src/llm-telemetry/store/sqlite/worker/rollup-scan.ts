import type { DatabaseSync } from 'node:sqlite';
import { HISTOGRAM_MEASURES } from '../../measure-table.js';
import type { Dimension, SeriesFilter, TimeRange } from '../../measures.js';
import { seriesCondition } from './conditions.js';
import { MergedGroups, type Group } from './measure-groups.js';
import type { StoredMeasures } from './measure-total.js';
import { KIND, type Kind, type Names } from './names.js';
import { type RollupLength, rollupRangesOf } from './rollup-ranges.js';

/** A stored rollup. */
export interface Rollup extends StoredMeasures {
  readonly start: number;
}

/** Reads the rollups of the selected series in a range. */
export class RollupScan {
  private readonly kind: Kind;
  private readonly groups: ReadonlyMap<number, Group>;

  constructor(
    private readonly database: DatabaseSync,
    names: Names,
    private readonly query: {
      readonly range: TimeRange;
      readonly by: readonly Dimension[];
      readonly where: SeriesFilter | undefined;
      readonly quantiles: boolean;
      readonly mergeVersions?: boolean;
    },
  ) {
    this.kind = kindOf(query.by);
    this.groups = groupsOfSeries(database, names, this.kind, query);
  }

  /**
   * Reads the fewest rollups that cover the range, none longer than `longest`. An SQL function receives the rows: the row
   * objects of `iterate` take twice the time, which matters for tens of thousands of rollups.
   */
  read(longest: RollupLength, take: (group: Group, rollup: Rollup) => void): void {
    const { database, groups, kind } = this;
    const { range, quantiles } = this.query;
    database.function('take', { varargs: true }, (...columns) => {
      const [start, series, sums, ...histograms] = columns as unknown as RollupColumns;
      const group = groups.get(series);
      if (group) take(group, { start, sums, histograms });
      return null;
    });
    const wanted = ['start', 'series', 'sums', ...(quantiles ? HISTOGRAM_MEASURES : [])].join(', ');
    const rollups = database.prepare(
      `SELECT count(take(${wanted})) FROM rollup
       WHERE kind = ? AND level = ? AND start >= ? AND start < ?`,
    );
    for (const { length, from, to } of rollupRangesOf(range, longest)) rollups.get(kind, length, from, to);
  }
}

/** Selects the rollups of a breakdown: routes and tenants have rollups without other dimensions. */
function kindOf(by: readonly Dimension[]): Kind {
  if (by.includes('route')) return KIND.route;
  return by.includes('tenant') ? KIND.tenant : KIND.model;
}

type RollupColumns = [start: number, series: number, sums: Uint8Array, ...histograms: Uint8Array[]];

/** Maps the ids of matching series to their groups. */
function groupsOfSeries(
  database: DatabaseSync,
  names: Names,
  kind: Kind,
  {
    by,
    where,
    mergeVersions = false,
  }: {
    readonly by: readonly Dimension[];
    readonly where: SeriesFilter | undefined;
    readonly mergeVersions?: boolean;
  },
): ReadonlyMap<number, Group> {
  const condition = seriesCondition(names, kind, where);
  const found = database.prepare(`SELECT * FROM series WHERE ${condition.sql}`).all(...condition.values);
  const columns = by.map((dimension) =>
    dimension === 'route' || dimension === 'tenant' ? 'feature' : dimension,
  );
  const groups = new Map<string, Group>();
  const mergedGroups = new MergedGroups(by, mergeVersions);
  return new Map(
    (found as Array<Record<string, number>>).map((row) => {
      const ids = columns.map((column) => row[column]!);
      const key = ids.join(' ');
      let group = groups.get(key);
      if (!group) groups.set(key, (group = mergedGroups.group(ids.map((id) => names.textOf(id)))));
      return [row['id']!, group];
    }),
  );
}

import type { DatabaseSync } from 'node:sqlite';
import type { Dimension, SeriesFilter, TimeRange } from '../../measures.js';
import type { Level } from './levels.js';
import { KIND, type Kind, type Names } from './names.js';
import { MergedGroups, type Group } from './merged-groups.js';
import { seriesCondition } from './series-condition.js';
import { spansOf } from './spans.js';

/** A rollup as it is stored. */
export interface Rollup {
  readonly start: number;
  readonly sums: Uint8Array;
  /** With quantiles only. */
  readonly duration: Uint8Array;
  readonly firstToken: Uint8Array;
}

/** Reads the rollups of some series in a range, as often as need be. */
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
   * The fewest rollups that make up the range, none of them longer than `longest`. SQLite calls for each row: objects of
   * rows, as `iterate` makes them, take twice the time, which shows where an answer is made of tens of thousands.
   */
  read(longest: Level, take: (group: Group, rollup: Rollup) => void): void {
    const { database, groups, kind } = this;
    const { range, quantiles } = this.query;
    database.function('take', { varargs: true }, (...columns) => {
      const [start, series, sums, duration, firstToken] = columns as unknown as RollupColumns;
      const group = groups.get(series);
      if (group) take(group, { start, sums, duration, firstToken });
      return null;
    });
    const rollups = database.prepare(
      `SELECT count(take(start, series, sums${quantiles ? ', duration, firstToken' : ''})) FROM rollup
       WHERE kind = ? AND level = ? AND start >= ? AND start < ?`,
    );
    for (const { level, from, to } of spansOf(range, longest)) rollups.get(kind, level, from, to);
  }
}

/** What a breakdown is read from: routes and tenants have rollups without the other dimensions. */
function kindOf(by: readonly Dimension[]): Kind {
  if (by.includes('route')) return KIND.route;
  return by.includes('tenant') ? KIND.tenant : KIND.model;
}

type RollupColumns = [
  start: number,
  series: number,
  sums: Uint8Array,
  duration: Uint8Array,
  firstToken: Uint8Array,
];

/** The group of each series that counts. */
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

import type { DatabaseSync } from 'node:sqlite';
import type { BucketedQuery, Dimension, MeasureFilter, MeasureQuery, TimeRange } from '../../measures.js';
import { keptSince } from './kept-since.js';
import { ROLLUP_LENGTHS, type RollupLength } from './rollup-lengths.js';
import { type Group, MergedGroups } from './merged-groups.js';
import { widenToRollups } from './rollup-ranges.js';
import { timeBucketsOf, type TimeBuckets } from './time-buckets.js';
import { MINUTE } from '../../../units/time.js';

/** Dimensions that are not part of a series. */
export const CALL_DIMENSIONS = ['route', 'tenant', 'user'] as const satisfies readonly Dimension[];
type CallDimension = (typeof CALL_DIMENSIONS)[number];

/** Measures from calls have a resolution of a minute at any time. */
const NO_HORIZONS = Object.fromEntries(ROLLUP_LENGTHS.map((length) => [length, 0])) as Record<
  RollupLength,
  number
>;

/** Returns true if a query cannot be answered from rollups, and must read calls. */
export function needsCalls({
  by = [],
  where = {},
  quantiles = false,
}: Pick<MeasureQuery, 'by' | 'where' | 'quantiles'>): boolean {
  if (CALL_DIMENSIONS.some((dimension) => where[dimension] !== undefined)) return true;
  return by.some(isCallDimension) && !(hasOwnRollups(by) && !isFiltered(where) && !quantiles);
}

/** Returns true for breakdowns that have their own rollups. */
export function hasOwnRollups(by: readonly Dimension[]): boolean {
  return by.length === 1 && (by[0] === 'route' || by[0] === 'tenant');
}

function isCallDimension(dimension: Dimension): dimension is CallDimension {
  return (CALL_DIMENSIONS as readonly Dimension[]).includes(dimension);
}

function isFiltered(where: MeasureFilter): boolean {
  return Object.values(where).some((wanted) => wanted !== undefined);
}

/** Returns the range of a result from calls, in whole minutes and without minutes whose calls were deleted, and its buckets. */
export function rangeFromCalls(
  database: DatabaseSync,
  query: BucketedQuery,
): { readonly range: TimeRange; readonly times: TimeBuckets | null } {
  const { from, to } = widenToRollups(query.range, NO_HORIZONS);
  const times = timeBucketsOf(query, NO_HORIZONS);
  const { first, oldest } = keptSince(database);
  const wasCut = first !== null && (oldest === null || first < Math.floor(oldest / MINUTE) * MINUTE);
  if (!wasCut) return { range: { from, to }, times };
  const since = oldest === null ? to : Math.ceil(oldest / MINUTE) * MINUTE;
  return { range: { from: Math.min(Math.max(from, since), to - MINUTE), to }, times };
}

/** Maps names to groups: one group for each set of names. */
export class Groups {
  private readonly groups = new Map<string, Group>();

  private readonly merged: MergedGroups;

  constructor(
    private readonly by: readonly Dimension[],
    mergeVersions?: boolean,
  ) {
    this.merged = new MergedGroups(by, mergeVersions);
  }

  of(names: Readonly<Record<Dimension, string | null>>): Group {
    const own = this.by.map((dimension) => names[dimension]);
    const key = JSON.stringify(own);
    let group = this.groups.get(key);
    if (!group) this.groups.set(key, (group = this.merged.group(own)));
    return group;
  }
}

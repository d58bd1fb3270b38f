import type { DatabaseSync } from 'node:sqlite';
import type { BucketedQuery, Dimension, MeasureFilter, MeasureQuery, TimeRange } from '../../measures.js';
import { keptSince } from './kept-since.js';
import { LEVELS, MINUTE, type Level } from './levels.js';
import { type Group, MergedGroups } from './merged-groups.js';
import { widened } from './spans.js';
import { timeBucketsOf, type TimeBuckets } from './time-buckets.js';

/** Dimensions that series do not have. */
export const OF_CALLS = ['route', 'tenant', 'user'] as const satisfies readonly Dimension[];
type OfCall = (typeof OF_CALLS)[number];

/** Nothing but minutes limits what is computed from calls. */
const NO_HORIZONS = Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>;

/** Returns true if rollups cannot answer a query, and the calls themselves have to. */
export function needsCalls({
  by = [],
  where = {},
  quantiles = false,
}: Pick<MeasureQuery, 'by' | 'where' | 'quantiles'>): boolean {
  if (OF_CALLS.some((dimension) => where[dimension] !== undefined)) return true;
  return by.some(isOfCall) && !(isAlone(by) && !isFiltered(where) && !quantiles);
}

/** Returns true for the breakdowns that have rollups of their own. */
export function isAlone(by: readonly Dimension[]): boolean {
  return by.length === 1 && (by[0] === 'route' || by[0] === 'tenant');
}

function isOfCall(dimension: Dimension): dimension is OfCall {
  return (OF_CALLS as readonly Dimension[]).includes(dimension);
}

function isFiltered(where: MeasureFilter): boolean {
  return Object.values(where).some((wanted) => wanted !== undefined);
}

/** The range of an answer from calls, in whole minutes, without those from which calls were deleted; and its buckets. */
export function rangeOfParts(
  database: DatabaseSync,
  query: BucketedQuery,
): { readonly range: TimeRange; readonly times: TimeBuckets | null } {
  const { from, to } = widened(query.range, NO_HORIZONS);
  const times = timeBucketsOf(query, NO_HORIZONS);
  const { first, oldest } = keptSince(database);
  const wasCut = first !== null && (oldest === null || first < Math.floor(oldest / MINUTE) * MINUTE);
  if (!wasCut) return { range: { from, to }, times };
  const since = oldest === null ? to : Math.ceil(oldest / MINUTE) * MINUTE;
  return { range: { from: Math.min(Math.max(from, since), to - MINUTE), to }, times };
}

/** One object for each set of names. */
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

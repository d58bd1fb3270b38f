import { StoreQueryError } from '../../call-store.js';
import type { CountMeasure, Dimension, MeasureQuery, MeasureResult, TimeRange } from '../../measures.js';
import type { CallDatabase } from './call-database.js';
import { FoundBuckets } from './found-buckets.js';
import { FoundGroups, type FoundGroup } from './found-groups.js';
import { Found } from './found.js';
import { readHorizons } from './horizons.js';
import { ROLLUP_LENGTHS } from './rollup-lengths.js';
import { Groups, hasOwnRollups, needsCalls, rangeFromCalls } from './measures-from-calls.js';
import { RollupScan } from './rollup-scan.js';
import type { Group } from './merged-groups.js';
import { widenToRollups } from './rollup-ranges.js';
import { bucketStart, checkRange, timeBucketsOf, type TimeBuckets } from './time-buckets.js';
import { DAY, HOUR } from '../../../units/time.js';

/**
 * Returns measures of a range, by dimensions and over time: from rollups, or from calls for dimensions that rollups do not
 * have.
 */
export function readMeasures(from: CallDatabase, query: MeasureQuery): MeasureResult {
  check(query);
  return needsCalls(query) ? measureCalls(from, query) : measureRollups(from, query);
}

/** Reads measures of the whole range from the longest rollups, and measures over time from shorter ones. */
function measureRollups({ database, names }: CallDatabase, query: MeasureQuery): MeasureResult {
  const { by = [], where, quantiles = false, mergeVersions } = query;
  const alone = hasOwnRollups(by);
  const horizons = readHorizons(database);
  if (alone) for (const length of ROLLUP_LENGTHS) if (length < HOUR) horizons[length] = Infinity;
  const range = widenToRollups(query.range, horizons);
  const times = timeBucketsOf(query, horizons);
  const scan = new RollupScan(database, names, { range, by, where, quantiles, mergeVersions });
  // Rollups of routes and tenants exclude calls without one: those are the difference to all calls.
  const all = alone ? new RollupScan(database, names, { range, by: [], where, quantiles: false }) : null;
  const without: Group = { names: [null] };

  const whole = new FoundGroups(quantiles);
  scan.read(DAY, (group, rollup) => whole.of(group).add(rollup));
  if (all) {
    const found = new Found(false);
    all.read(DAY, (_group, rollup) => found.add(rollup));
    found.subtract(whole.all());
    if (!found.isEmpty) whole.set(without, found);
  }

  return resultOf(query, { range, times, whole }, (over, own) => {
    scan.read(times!.longest, (found, rollup) => {
      const group = found.merged ?? found;
      over.at(own(group) ? group : null, bucketStart(times!, rollup.start)).add(rollup);
    });
    if (!all || !whole.has(without)) return;
    const ofAll = new FoundBuckets(false);
    const total: Group = { names: [] };
    all.read(times!.longest, (_group, rollup) =>
      ofAll.at(total, bucketStart(times!, rollup.start)).add(rollup),
    );
    over.addRemainder(own(without) ? without : null, ofAll, total);
  });
}

function measureCalls({ database, parts: cache }: CallDatabase, query: MeasureQuery): MeasureResult {
  const { by = [], where = {}, quantiles = false, mergeVersions } = query;
  const { range, times } = rangeFromCalls(database, query);
  const parts = cache.read(range, where);
  const groups = new Groups(by, mergeVersions);
  const whole = new FoundGroups(quantiles);
  for (const part of parts) whole.of(groups.of(part.names)).addPart(part);
  return resultOf(query, { range, times, whole }, (over, own) => {
    for (const part of parts) {
      const found = groups.of(part.names);
      const group = found.merged ?? found;
      over.at(own(group) ? group : null, bucketStart(times!, part.at)).addPart(part);
    }
  });
}

/** Builds the result. `fill` adds buckets to the groups that have their own. */
function resultOf(
  { by = [], quantiles = false, top }: MeasureQuery,
  found: { readonly range: TimeRange; readonly times: TimeBuckets | null; readonly whole: FoundGroups },
  fill: (over: FoundBuckets, own: (group: Group) => boolean) => void,
): MeasureResult {
  const { range, times, whole } = found;
  const ranked = whole.ranked();
  // Without dimensions there is always one group.
  const groups = by.length > 0 || ranked.length > 0 ? ranked : [emptyGroup(quantiles)];
  const over = new FoundBuckets(quantiles);
  if (times) {
    const chosen = top && topOf(ranked, top);
    fill(over, (group) => !chosen || chosen.has(group));
  }
  return {
    range,
    bucketMs: times?.length ?? null,
    groups: groups.map(({ group, measures, versions }) => ({
      names: Object.fromEntries(by.map((dimension, index) => [dimension, group.names[index] ?? null])),
      measures,
      buckets: over.of(group),
      ...(versions && {
        versions: versions.map((version) => ({
          model: version.group.names[by.indexOf('model')]!,
          measures: version.measures,
        })),
      }),
    })),
    ...(top && { others: over.of(null) }),
  };
}

function emptyGroup(quantiles: boolean): FoundGroup {
  return { group: { names: [] }, measures: new Found(quantiles).measures() };
}

/** Ties are broken by rank. */
function topOf(
  ranked: readonly FoundGroup[],
  { groups, by }: { readonly groups: number; readonly by: CountMeasure },
): ReadonlySet<Group> {
  return new Set(
    ranked
      .toSorted((one, other) => other.measures[by] - one.measures[by])
      .slice(0, groups)
      .map(({ group }) => group),
  );
}

function check({ range, by = [], top }: MeasureQuery): void {
  checkRange(range);
  const known: readonly Dimension[] = [
    'feature',
    'operation',
    'provider',
    'model',
    'route',
    'tenant',
    'user',
  ];
  const unknown = by.find((dimension) => !known.includes(dimension));
  if (unknown !== undefined) throw new StoreQueryError(`Unknown dimension. Allowed: ${known.join(', ')}.`);
  if (top && !(Number.isSafeInteger(top.groups) && top.groups >= 0)) {
    throw new StoreQueryError(`top.groups must be a whole number, received ${top.groups}.`);
  }
}

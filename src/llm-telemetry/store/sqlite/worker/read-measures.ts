import { DAY, HOUR } from '../../../units/time.js';
import { StoreQueryError } from '../../call-store.js';
import {
  DIMENSIONS,
  type CountMeasure,
  type MeasureQuery,
  type MeasureResult,
  type RangeQuery,
  type TimeRange,
  type UnpricedModel,
} from '../../measures.js';
import type { CallDatabase } from './call-database.js';
import { hasOwnRollups, needsCalls, rangeFromCalls } from './call-parts.js';
import { BucketTotals, Groups, GroupTotals, type Group, type RankedGroup } from './measure-groups.js';
import { MeasureTotal } from './measure-total.js';
import { readHorizons } from './retention.js';
import {
  bucketStart,
  checkRange,
  ROLLUP_LENGTHS,
  type TimeBuckets,
  timeBucketsOf,
  widenToRollups,
} from './rollup-ranges.js';
import { RollupScan } from './rollup-scan.js';

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

  const whole = new GroupTotals(quantiles);
  scan.read(DAY, (group, rollup) => whole.of(group).add(rollup));
  if (all) {
    const found = new MeasureTotal(false);
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
    const ofAll = new BucketTotals(false);
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
  const whole = new GroupTotals(quantiles);
  for (const part of parts) whole.of(groups.of(part.names)).addPart(part);
  return resultOf(query, { range, times, whole }, (over, own) => {
    for (const part of parts) {
      const found = groups.of(part.names);
      const group = found.merged ?? found;
      over.at(own(group) ? group : null, bucketStart(times!, part.at)).addPart(part);
    }
  });
}

/** Returns models with known usage and unknown price, the most used first. */
export function readUnpriced(from: CallDatabase, query: RangeQuery): UnpricedModel[] {
  const { range, where } = query;
  checkRange(range);
  const by = ['provider', 'model'] as const;
  const groups = new GroupTotals(false);
  if (needsCalls(query)) {
    const ofParts = new Groups(by);
    for (const part of from.parts.read(rangeFromCalls(from.database, query).range, where ?? {}))
      groups.of(ofParts.of(part.names)).addPart(part);
  } else {
    const scan = new RollupScan(from.database, from.names, {
      range: widenToRollups(range, readHorizons(from.database)),
      by,
      where,
      quantiles: false,
    });
    scan.read(DAY, (group, rollup) => groups.of(group).add(rollup));
  }
  return [...groups.entries()]
    .map(
      ([
        {
          names: [provider = null, model = null],
        },
        found,
      ]) => ({
        provider,
        model,
        calls: found.sum('unpricedCalls'),
        inputTokens: found.sum('unpricedInputTokens'),
        outputTokens: found.sum('unpricedOutputTokens'),
      }),
    )
    .filter(({ calls, inputTokens }) => calls > 0 || inputTokens > 0)
    .sort((one, other) => other.calls - one.calls || other.inputTokens - one.inputTokens);
}

/** Builds the result. `fill` adds buckets to the groups that have their own. */
function resultOf(
  { by = [], quantiles = false, top }: MeasureQuery,
  found: { readonly range: TimeRange; readonly times: TimeBuckets | null; readonly whole: GroupTotals },
  fill: (over: BucketTotals, own: (group: Group) => boolean) => void,
): MeasureResult {
  const { range, times, whole } = found;
  const ranked = whole.ranked();
  // Without dimensions there is always one group.
  const groups = by.length > 0 || ranked.length > 0 ? ranked : [emptyGroup(quantiles)];
  const over = new BucketTotals(quantiles);
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

function emptyGroup(quantiles: boolean): RankedGroup {
  return { group: { names: [] }, measures: new MeasureTotal(quantiles).measures() };
}

/** Ties are broken by rank. */
function topOf(
  ranked: readonly RankedGroup[],
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
  const unknown = by.find((dimension) => !DIMENSIONS.includes(dimension));
  if (unknown !== undefined)
    throw new StoreQueryError(`Unknown dimension. Allowed: ${DIMENSIONS.join(', ')}.`);
  if (top && !(Number.isSafeInteger(top.groups) && top.groups >= 0)) {
    throw new StoreQueryError(`top.groups must be a whole number, received ${top.groups}.`);
  }
}

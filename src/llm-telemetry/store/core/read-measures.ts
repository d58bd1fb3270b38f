import { HOUR } from '../../units/time.js';
import { StoreQueryError } from '../call-store.js';
import {
  DIMENSIONS,
  type CountMeasure,
  type MeasureQuery,
  type MeasureResult,
  type RangeQuery,
  type TimeRange,
  type UnpricedModel,
} from '../measures.js';
import { hasOwnRollups, needsCalls, rangeFromCalls, type QuerySource } from './call-parts.js';
import { GroupedRollups } from './grouped-rollups.js';
import { BucketTotals, Groups, GroupTotals, type Group, type RankedGroup } from './measure-groups.js';
import { MeasureTotal } from './measure-total.js';
import {
  bucketStart,
  checkRange,
  ROLLUP_LENGTHS,
  type TimeBuckets,
  timeBucketsOf,
  widenToRollups,
} from './rollup-ranges.js';

/**
 * Returns measures of a range, by dimensions and over time: from rollups, or from calls for dimensions that rollups do not
 * have.
 *
 * @throws StoreQueryError
 */
export async function readMeasures(from: QuerySource, query: MeasureQuery): Promise<MeasureResult> {
  check(query);
  return needsCalls(query) ? measureCalls(from, query) : measureRollups(from, query);
}

/** Reads measures of the whole range from the longest rollups, and measures over time from shorter ones. */
async function measureRollups({ backend }: QuerySource, query: MeasureQuery): Promise<MeasureResult> {
  const { by = [], where, quantiles = false, mergeVersions } = query;
  const alone = hasOwnRollups(by);
  const horizons = { ...(await backend.horizons()) };
  if (alone) for (const length of ROLLUP_LENGTHS) if (length < HOUR) horizons[length] = Infinity;
  const range = widenToRollups(query.range, horizons);
  const times = timeBucketsOf(query, horizons);
  const rollups = new GroupedRollups(backend, { range, by, where, quantiles, mergeVersions });
  // Rollups of routes and tenants exclude calls without one: those are the difference to all calls.
  const all = alone ? new GroupedRollups(backend, { range, by: [], where, quantiles: false }) : null;
  const without: Group = { names: [null] };

  const whole = new GroupTotals(quantiles);
  await rollups.readTotal((group, rollup) => whole.of(group).add(rollup));
  if (all) {
    const found = new MeasureTotal(false);
    await all.readTotal((_group, rollup) => found.add(rollup));
    found.subtract(whole.all());
    if (!found.isEmpty) whole.set(without, found);
  }

  return resultOf(query, { range, times, whole }, async (over, own, chosen) => {
    const names = alone && chosen ? [...chosen].flatMap(({ names: [name] }) => name ?? []) : undefined;
    await rollups.readTimes(times!.longest, names, (found, rollup) => {
      const group = found?.merged ?? found;
      over.at(group && own(group) ? group : null, bucketStart(times!, rollup.start)).add(rollup);
    });
    if (!all || !whole.has(without)) return;
    const ofAll = new BucketTotals(false);
    const total: Group = { names: [] };
    await all.readTimes(times!.longest, undefined, (_group, rollup) =>
      ofAll.at(total, bucketStart(times!, rollup.start)).add(rollup),
    );
    over.addRemainder(own(without) ? without : null, ofAll, total);
  });
}

async function measureCalls(
  { backend, parts: cache }: QuerySource,
  query: MeasureQuery,
): Promise<MeasureResult> {
  const { by = [], where = {}, quantiles = false, mergeVersions } = query;
  const { range, times } = await rangeFromCalls(backend, query);
  const parts = await cache.read(range, where);
  const groups = new Groups(by, mergeVersions);
  const whole = new GroupTotals(quantiles);
  for (const part of parts) whole.of(groups.of(part.names)).addPart(part);
  return resultOf(query, { range, times, whole }, async (over, own) => {
    for (const part of parts) {
      const found = groups.of(part.names);
      const group = found.merged ?? found;
      over.at(own(group) ? group : null, bucketStart(times!, part.at)).addPart(part);
    }
  });
}

/** Returns models with known usage and unknown price, the most used first. */
export async function readUnpriced(from: QuerySource, query: RangeQuery): Promise<UnpricedModel[]> {
  const { range, where } = query;
  checkRange(range);
  const by = ['provider', 'model'] as const;
  const groups = new GroupTotals(false);
  if (needsCalls(query)) {
    const ofParts = new Groups(by);
    const { range: minutes } = await rangeFromCalls(from.backend, query);
    for (const part of await from.parts.read(minutes, where ?? {}))
      groups.of(ofParts.of(part.names)).addPart(part);
  } else {
    const widened = widenToRollups(range, await from.backend.horizons());
    const rollups = new GroupedRollups(from.backend, { range: widened, by, where, quantiles: false });
    await rollups.readTotal((group, rollup) => groups.of(group).add(rollup));
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
    .sort(
      (one, other) =>
        other.calls - one.calls || other.inputTokens - one.inputTokens || compareModels(one, other),
    );
}

function compareModels(one: UnpricedModel, other: UnpricedModel): number {
  const [first, second] = [one, other].map(({ provider, model }) => JSON.stringify([provider, model]));
  return first! < second! ? -1 : 1;
}

/** Builds the result. `fill` adds buckets to the groups that have their own: those that were chosen, or all. */
async function resultOf(
  { by = [], quantiles = false, top }: MeasureQuery,
  found: { readonly range: TimeRange; readonly times: TimeBuckets | null; readonly whole: GroupTotals },
  fill: (
    over: BucketTotals,
    own: (group: Group) => boolean,
    chosen: ReadonlySet<Group> | undefined,
  ) => Promise<void>,
): Promise<MeasureResult> {
  const { range, times, whole } = found;
  const ranked = whole.ranked();
  // Without dimensions there is always one group.
  const groups = by.length > 0 || ranked.length > 0 ? ranked : [emptyGroup(quantiles)];
  const over = new BucketTotals(quantiles);
  if (times) {
    const chosen = top && topOf(ranked, top);
    await fill(over, (group) => !chosen || chosen.has(group), chosen);
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

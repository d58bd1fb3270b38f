import type { DatabaseSync } from 'node:sqlite';
import { StoreQueryError } from '../call-store.js';
import type { CountMeasure, Dimension, MeasureQuery, MeasureResult } from '../measures.js';
import { FoundBuckets } from './found-buckets.js';
import { FoundGroups, type FoundGroup } from './found-groups.js';
import { Found } from './found.js';
import { readHorizons } from './horizons.js';
import { DAY, HOUR, LEVELS } from './levels.js';
import type { Names } from './names.js';
import { RollupScan, type Group } from './rollup-scan.js';
import { widened } from './spans.js';
import { bucketStart, checkRange, timeBucketsOf } from './time-buckets.js';

/** Figures from rollups: those of the whole range from the longest that there are, and those over time from shorter ones. */
export function readMeasures(database: DatabaseSync, names: Names, query: MeasureQuery): MeasureResult {
  const { by = [], where, quantiles = false, top, mergeVersions } = query;
  const alone = by.find((dimension) => dimension === 'route' || dimension === 'tenant');
  check(query, alone);
  const horizons = readHorizons(database);
  if (alone) for (const level of LEVELS) if (level < HOUR) horizons[level] = Infinity;
  const range = widened(query.range, horizons);
  const times = timeBucketsOf(query, horizons);
  const scan = new RollupScan(database, names, { range, by, where, quantiles, mergeVersions });

  const whole = new FoundGroups(quantiles);
  scan.read(DAY, (group, rollup) => whole.add(group, rollup));
  const ranked = whole.ranked();
  // Without names there is always one group.
  const groups = by.length > 0 || ranked.length > 0 ? ranked : [nothingFound(quantiles)];

  const over = new FoundBuckets(quantiles);
  if (times) {
    const own = top && topOf(ranked, top);
    scan.read(times.longest, (found, rollup) => {
      const group = found.merged ?? found;
      over.add(!own || own.has(group) ? group : null, bucketStart(times, rollup.start), rollup);
    });
  }
  return {
    range,
    bucketMs: times?.length ?? null,
    groups: groups.map(({ group, measures, versions }) => ({
      names: namesOf(group, by, names),
      measures,
      buckets: over.of(group),
      ...(versions && {
        versions: versions.map((version) => ({
          model: namesOf(version.group, by, names).model!,
          measures: version.measures,
        })),
      }),
    })),
    ...(top && { others: over.of(null) }),
  };
}

function nothingFound(quantiles: boolean): FoundGroup {
  return { group: { ids: [] }, measures: new Found(quantiles).measures() };
}

/** Of equals those that rank first by their cost. */
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

function namesOf(
  { ids, model }: Group,
  by: readonly Dimension[],
  names: Names,
): Partial<Record<Dimension, string | null>> {
  return Object.fromEntries(
    by.map((dimension, index) => [
      dimension,
      dimension === 'model' && model !== undefined ? model : names.textOf(ids[index]!),
    ]),
  );
}

function check({ range, by = [], where, quantiles, top }: MeasureQuery, alone?: Dimension): void {
  checkRange(range);
  if (alone && (by.length > 1 || quantiles || (where && Object.keys(where).length > 0))) {
    throw new StoreQueryError(
      `Figures by ${alone} cannot be told apart or filtered by anything else, and have no quantiles.`,
    );
  }
  if (top && !(Number.isSafeInteger(top.groups) && top.groups >= 0)) {
    throw new StoreQueryError('The number of groups with buckets is a whole number.');
  }
}

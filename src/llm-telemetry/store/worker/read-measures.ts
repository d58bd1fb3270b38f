import type { DatabaseSync } from 'node:sqlite';
import { UNITS_PER_USD, usdOf } from '../../call/usd.js';
import { StoreQueryError } from '../call-store.js';
import { LogHistogram } from '../log-histogram.js';
import type {
  Dimension,
  MeasuredBucket,
  MeasuredGroup,
  MeasureQuery,
  MeasureResult,
  Measures,
  Quantiles,
} from '../measures.js';
import { MONEY, noSums, SUMS, type Sum, type Sums } from '../tally.js';
import { readHorizons } from './horizons.js';
import { LEVELS, MINUTE, type Level } from './levels.js';
import { KIND, type Names } from './names.js';
import { seriesCondition } from './series-condition.js';
import { floorTo, shortestAt, spansOf, widened, type Horizons } from './spans.js';

/** Buckets of one answer, over all of its groups. */
const MAX_BUCKETS = 100_000;

/** Figures from rollups. */
export function readMeasures(database: DatabaseSync, names: Names, query: MeasureQuery): MeasureResult {
  const { by = [], where, quantiles = false } = query;
  const group = by.find((dimension) => dimension === 'route' || dimension === 'tenant');
  check(query, group);
  const horizons = group ? { ...readHorizons(database), [MINUTE]: Infinity } : readHorizons(database);
  const range = widened(query.range, horizons);
  const buckets = bucketsOf(query, horizons);
  const spans = spansOf(range, buckets?.longest ?? LEVELS[0]);
  const kind = group ? KIND[group] : KIND.model;
  const columns = by.map((dimension) => `series.${group ? 'feature' : dimension}`);
  const condition = seriesCondition(names, kind, where);

  const groups = new Groups(by, names);
  const bucket = buckets
    ? `CAST(floor((start - ${buckets.offset}) / ${buckets.length}.0) AS INTEGER) * ${buckets.length} + ${buckets.offset}`
    : 'NULL';
  const keys = [`${bucket} AS bucket`, ...columns.map((column, index) => `${column} AS name${index}`)].join(
    ', ',
  );
  const from = (table: string): string =>
    `FROM ${table} JOIN series ON series.id = ${table}.series WHERE level = ? AND start >= ? AND start < ? AND ${condition.sql}`;
  const grouping = ['bucket', ...columns.map((_, index) => `name${index}`)].join(', ');

  const sums = database.prepare(`SELECT ${keys}, ${SUM_COLUMNS} ${from('rollup')} GROUP BY ${grouping}`);
  for (const { level, from: start, to } of spans) {
    for (const row of sums.iterate(level, start, to, ...condition.values))
      groups.addSums(row as unknown as SumRow);
  }
  if (quantiles) {
    const histograms = database.prepare(`SELECT ${keys}, duration, firstToken ${from('histogram')}`);
    for (const { level, from: start, to } of spans) {
      for (const row of histograms.iterate(level, start, to, ...condition.values)) {
        groups.addHistograms(row as unknown as Row & Histograms);
      }
    }
  }
  return { range, bucketMs: buckets?.length ?? null, groups: groups.measured(quantiles) };
}

const isMoney: ReadonlySet<Sum> = new Set(MONEY);

/** Whole dollars apart from the rest: together they are more than a JavaScript number holds exactly. */
const SUM_COLUMNS = SUMS.map((sum) =>
  isMoney.has(sum)
    ? `sum(${sum}) % ${UNITS_PER_USD} AS ${sum}, sum(${sum}) / ${UNITS_PER_USD} AS ${sum}Dollars`
    : `sum(${sum}) AS ${sum}`,
).join(', ');

type SumRow = Row & Sums & Record<`${(typeof MONEY)[number]}Dollars`, number>;

interface Row {
  readonly bucket: number | null;
  readonly [name: `name${number}`]: number;
}

interface Histograms {
  readonly duration: Uint8Array;
  readonly firstToken: Uint8Array;
}

/** What is found of one group, or of one bucket of it. */
class Found {
  readonly sums = noSums();
  /** Of the sums that are money; what is left of them is less than a dollar. */
  private readonly dollars = { costUnits: 0, estimatedCostUnits: 0, retryCostUnits: 0 };
  readonly duration = new LogHistogram();
  readonly firstToken = new LogHistogram();

  addSums(row: SumRow): void {
    for (const sum of SUMS) this.sums[sum] += row[sum];
    for (const sum of MONEY) {
      this.dollars[sum] += row[`${sum}Dollars`] + Math.floor(this.sums[sum] / UNITS_PER_USD);
      this.sums[sum] %= UNITS_PER_USD;
    }
  }

  measures(quantiles: boolean): Measures {
    const {
      costUnits: _cost,
      estimatedCostUnits: _estimated,
      retryCostUnits: _retry,
      unpricedInputTokens: _input,
      unpricedOutputTokens: _output,
      ...sums
    } = this.sums;
    return {
      ...sums,
      costUsd: this.usd('costUnits'),
      estimatedCostUsd: this.usd('estimatedCostUnits'),
      retryCostUsd: this.usd('retryCostUnits'),
      duration: quantiles ? quantilesOf(this.duration) : null,
      firstToken: quantiles ? quantilesOf(this.firstToken) : null,
    };
  }

  private usd(sum: (typeof MONEY)[number]): number {
    return usdOf(this.dollars[sum], this.sums[sum]);
  }
}

class Groups {
  private readonly groups = new Map<string, { ids: number[]; whole: Found; buckets: Map<number, Found> }>();
  private buckets = 0;

  constructor(
    private readonly by: readonly Dimension[],
    private readonly names: Names,
  ) {
    if (by.length === 0) this.group([]);
  }

  addSums(row: SumRow): void {
    for (const found of this.found(row)) found.addSums(row);
  }

  addHistograms(row: Row & Histograms): void {
    for (const found of this.found(row)) {
      found.duration.addBytes(row.duration);
      found.firstToken.addBytes(row.firstToken);
    }
  }

  measured(quantiles: boolean): MeasuredGroup[] {
    return [...this.groups.values()]
      .map(({ ids, whole, buckets }) => ({
        names: Object.fromEntries(
          this.by.map((dimension, index) => [dimension, this.names.textOf(ids[index]!)]),
        ),
        measures: whole.measures(quantiles),
        buckets: [...buckets]
          .sort(([one], [other]) => one - other)
          .map(([at, found]): MeasuredBucket => ({ at, measures: found.measures(quantiles) })),
      }))
      .sort(
        ({ measures: one }, { measures: other }) => other.costUsd - one.costUsd || other.calls - one.calls,
      );
  }

  private *found(row: Row): Generator<Found> {
    const { whole, buckets } = this.group(this.by.map((_, index) => row[`name${index}`]!));
    yield whole;
    const { bucket: at } = row;
    if (at === null) return;
    let bucket = buckets.get(at);
    if (!bucket) {
      if (++this.buckets > MAX_BUCKETS)
        throw new StoreQueryError('These are too many buckets: make them longer.');
      buckets.set(at, (bucket = new Found()));
    }
    yield bucket;
  }

  private group(ids: number[]): { whole: Found; buckets: Map<number, Found> } {
    const key = ids.join(' ');
    let group = this.groups.get(key);
    if (!group) this.groups.set(key, (group = { ids, whole: new Found(), buckets: new Map() }));
    return group;
  }
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

function quantilesOf(histogram: LogHistogram): Quantiles | null {
  const { count } = histogram;
  if (count === 0) return null;
  const [p50, p90, p95, p99, max] = histogram.quantiles([0.5, 0.9, 0.95, 0.99, 1]) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { count, p50, p90, p95, p99, max };
}

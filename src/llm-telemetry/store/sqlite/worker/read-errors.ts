import { DAY } from '../../../units/time.js';
import { UNITS_PER_USD, usdOf } from '../../../units/usd.js';
import type { BucketedQuery, ErrorBucket, ErrorResult, MeasuredError, TimeRange } from '../../measures.js';
import {
  addErrorSums,
  columnOf,
  ERROR_SUMS,
  noErrorSums,
  USD_ERROR_SUMS,
  type ErrorSums,
} from '../../sums.js';
import type { CallDatabase } from './call-database.js';
import { needsCalls, rangeFromCalls } from './call-parts.js';
import { seriesCondition } from './conditions.js';
import { KIND } from './names.js';
import { readHorizons } from './retention.js';
import {
  bucketStart,
  checkRange,
  rollupRangesOf,
  type TimeBuckets,
  timeBucketsOf,
  widenToRollups,
} from './rollup-ranges.js';

/** Returns errors of calls and attempts by type, with their retries. */
export function readErrors(from: CallDatabase, query: BucketedQuery): ErrorResult {
  checkRange(query.range);
  const found = new Map<string, ErrorTotal>();
  const errorOf = (type: string): ErrorTotal => {
    let error = found.get(type);
    if (!error) found.set(type, (error = new ErrorTotal()));
    return error;
  };
  const { range, times } = needsCalls(query)
    ? addFromCalls(from, query, errorOf)
    : addFromRollups(from, query, errorOf);
  return {
    range,
    bucketMs: times?.length ?? null,
    types: [...found]
      .map(([type, error]) => error.measured(type))
      .sort(
        (one, other) =>
          other.calls - one.calls || other.attempts - one.attempts || (one.type < other.type ? -1 : 1),
      ),
  };
}

type QueriedRange = { readonly range: TimeRange; readonly times: TimeBuckets | null };

function addFromRollups(
  { database, names }: CallDatabase,
  query: BucketedQuery,
  errorOf: (type: string) => ErrorTotal,
): QueriedRange {
  const horizons = readHorizons(database);
  const range = widenToRollups(query.range, horizons);
  const times = timeBucketsOf(query, horizons);
  const condition = seriesCondition(names, KIND.model, query.where);
  const statement = database.prepare(
    `SELECT error.start, error.type, ${ERROR_SUMS.map((sum) => `sum(error.${columnOf(sum)}) AS ${sum}`).join(', ')}
     FROM error JOIN series ON series.id = error.series
     WHERE level = ? AND start >= ? AND start < ? AND ${condition.sql} GROUP BY error.start, error.type`,
  );
  for (const { length, from, to } of rollupRangesOf(range, times?.longest ?? DAY)) {
    for (const row of statement.iterate(length, from, to, ...condition.values) as Iterable<unknown>) {
      const { type, start, ...sums } = row as ErrorRow;
      errorOf(names.textOf(type)!).add(times && bucketStart(times, start), sums);
    }
  }
  return { range, times };
}

function addFromCalls(
  { database, parts }: CallDatabase,
  query: BucketedQuery,
  errorOf: (type: string) => ErrorTotal,
): QueriedRange {
  const { range, times } = rangeFromCalls(database, query);
  for (const { at, errors } of parts.read(range, query.where ?? {})) {
    for (const [type, sums] of errors) errorOf(type).add(times && bucketStart(times, at), sums);
  }
  return { range, times };
}

interface ErrorRow extends ErrorSums {
  readonly type: number;
  readonly start: number;
}

/** Sums of one error type. */
class ErrorTotal {
  private readonly sums = noErrorSums();
  /** Whole dollars of `USD_ERROR_SUMS`, kept apart because a number cannot hold large sums of units exactly. */
  private readonly dollars = USD_ERROR_SUMS.map(() => 0);
  private readonly buckets = new Map<number, { calls: number; attempts: number }>();

  add(at: number | null, row: ErrorSums): void {
    addErrorSums(this.sums, row);
    for (const [position, sum] of USD_ERROR_SUMS.entries()) {
      this.dollars[position]! += Math.floor(this.sums[sum] / UNITS_PER_USD);
      this.sums[sum] %= UNITS_PER_USD;
    }
    if (at === null || row.calls + row.attempts === 0) return;
    const bucket = this.buckets.get(at) ?? { calls: 0, attempts: 0 };
    bucket.calls += row.calls;
    bucket.attempts += row.attempts;
    this.buckets.set(at, bucket);
  }

  measured(type: string): MeasuredError {
    const sums = { ...this.sums };
    for (const [position, sum] of USD_ERROR_SUMS.entries())
      sums[sum] = usdOf(this.dollars[position]!, this.sums[sum]);
    return {
      type,
      ...sums,
      buckets: [...this.buckets]
        .sort(([one], [other]) => one - other)
        .map(([at, counts]): ErrorBucket => ({ at, ...counts })),
    };
  }
}

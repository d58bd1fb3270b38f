import type { DatabaseSync } from 'node:sqlite';
import { UNITS_PER_USD, usdOf } from '../../call/usd.js';
import type { BucketedQuery, ErrorBucket, ErrorResult, MeasuredError } from '../measures.js';
import { ERROR_SUMS, noErrorSums, type ErrorSums } from './error-sums.js';
import { readHorizons } from './horizons.js';
import { DAY } from './levels.js';
import { KIND, type Names } from './names.js';
import { seriesCondition } from './series-condition.js';
import { spansOf, widened } from './spans.js';
import { bucketStart, checkRange, timeBucketsOf } from './time-buckets.js';

/** How calls and attempts failed, and what repeating those did. */
export function readErrors(database: DatabaseSync, names: Names, query: BucketedQuery): ErrorResult {
  checkRange(query.range);
  const horizons = readHorizons(database);
  const range = widened(query.range, horizons);
  const times = timeBucketsOf(query, horizons);
  const condition = seriesCondition(names, KIND.model, query.where);
  const statement = database.prepare(
    `SELECT error.start, error.type, ${ERROR_SUMS.map((sum) => `sum(error.${sum}) AS ${sum}`).join(', ')}
     FROM error JOIN series ON series.id = error.series
     WHERE level = ? AND start >= ? AND start < ? AND ${condition.sql} GROUP BY error.start, error.type`,
  );
  const found = new Map<number, FoundError>();
  for (const { level, from, to } of spansOf(range, times?.longest ?? DAY)) {
    for (const row of statement.iterate(level, from, to, ...condition.values) as Iterable<unknown>) {
      const { type, start, ...sums } = row as ErrorRow;
      let error = found.get(type);
      if (!error) found.set(type, (error = new FoundError()));
      error.add(times && bucketStart(times, start), sums);
    }
  }
  return {
    range,
    bucketMs: times?.length ?? null,
    types: [...found]
      .map(([type, error]) => error.measured(names.textOf(type)!))
      .sort(
        (one, other) =>
          other.calls - one.calls || other.attempts - one.attempts || (one.type < other.type ? -1 : 1),
      ),
  };
}

interface ErrorRow extends ErrorSums {
  readonly type: number;
  readonly start: number;
}

/** What is found of one error type. */
class FoundError {
  private readonly sums = noErrorSums();
  /** Whole dollars of what was lost: all of it can be more than a number holds exactly. */
  private lostDollars = 0;
  private readonly buckets = new Map<number, { calls: number; attempts: number }>();

  add(at: number | null, row: ErrorSums): void {
    for (const sum of ERROR_SUMS) this.sums[sum] += row[sum];
    this.lostDollars += Math.floor(this.sums.retryCostUnits / UNITS_PER_USD);
    this.sums.retryCostUnits %= UNITS_PER_USD;
    if (at === null || row.calls + row.attempts === 0) return;
    const bucket = this.buckets.get(at) ?? { calls: 0, attempts: 0 };
    bucket.calls += row.calls;
    bucket.attempts += row.attempts;
    this.buckets.set(at, bucket);
  }

  measured(type: string): MeasuredError {
    const { retryCostUnits, ...sums } = this.sums;
    return {
      type,
      ...sums,
      retryCostUsd: usdOf(this.lostDollars, retryCostUnits),
      buckets: [...this.buckets]
        .sort(([one], [other]) => one - other)
        .map(([at, counts]): ErrorBucket => ({ at, ...counts })),
    };
  }
}

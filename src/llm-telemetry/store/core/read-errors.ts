import { DAY } from '../../units/time.js';
import { usdOf } from '../../units/usd.js';
import type { BucketedQuery, ErrorBucket, ErrorResult, MeasuredError, TimeRange } from '../measures.js';
import {
  addErrorSums,
  CARRIED_ERROR_SUMS,
  ERROR_SUMS,
  noErrorSums,
  type ErrorSum,
  type ErrorSums,
} from '../sums.js';
import { needsCalls, rangeFromCalls, type QuerySource } from './call-parts.js';
import {
  bucketStart,
  checkRange,
  rollupRangesOf,
  type TimeBuckets,
  timeBucketsOf,
  widenToRollups,
} from './rollup-ranges.js';

/** Returns errors of calls and attempts by type, with their retries. @throws StoreQueryError */
export async function readErrors(from: QuerySource, query: BucketedQuery): Promise<ErrorResult> {
  checkRange(query.range);
  const found = new Map<string, ErrorTotal>();
  const errorOf = (type: string): ErrorTotal => {
    let error = found.get(type);
    if (!error) found.set(type, (error = new ErrorTotal()));
    return error;
  };
  const { range, times } = needsCalls(query)
    ? await addFromCalls(from, query, errorOf)
    : await addFromRollups(from, query, errorOf);
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

async function addFromRollups(
  { backend }: QuerySource,
  query: BucketedQuery,
  errorOf: (type: string) => ErrorTotal,
): Promise<QueriedRange> {
  const horizons = await backend.horizons();
  const range = widenToRollups(query.range, horizons);
  const times = timeBucketsOf(query, horizons);
  const ranges = rollupRangesOf(range, times?.longest ?? DAY);
  await backend.scanErrors({ ranges, where: query.where }, ({ type, start, sums }) =>
    errorOf(type).add(times && bucketStart(times, start), sums),
  );
  return { range, times };
}

async function addFromCalls(
  { backend, parts }: QuerySource,
  query: BucketedQuery,
  errorOf: (type: string) => ErrorTotal,
): Promise<QueriedRange> {
  const { range, times } = await rangeFromCalls(backend, query);
  for (const { at, errors } of await parts.read(range, query.where ?? {})) {
    for (const [type, sums] of errors) errorOf(type).add(times && bucketStart(times, at), sums);
  }
  return { range, times };
}

/** Sums of one error type. */
class ErrorTotal {
  private readonly sums = noErrorSums();
  private readonly buckets = new Map<number, { calls: number; attempts: number }>();

  add(at: number | null, row: ErrorSums): void {
    addErrorSums(this.sums, row);
    if (at === null || row.calls + row.attempts === 0) return;
    const bucket = this.buckets.get(at) ?? { calls: 0, attempts: 0 };
    bucket.calls += row.calls;
    bucket.attempts += row.attempts;
    this.buckets.set(at, bucket);
  }

  measured(type: string): MeasuredError {
    const sums = Object.fromEntries(ERROR_SUMS.map((sum) => [sum, this.sums[sum]])) as Record<
      ErrorSum,
      number
    >;
    for (const { name, dollars } of CARRIED_ERROR_SUMS)
      sums[name] = usdOf(this.sums[dollars], this.sums[name]);
    return {
      type,
      ...sums,
      buckets: [...this.buckets]
        .sort(([one], [other]) => one - other)
        .map(([at, counts]): ErrorBucket => ({ at, ...counts })),
    };
  }
}

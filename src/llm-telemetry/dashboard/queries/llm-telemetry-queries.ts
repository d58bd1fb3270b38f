import { Inject, Injectable } from '@nestjs/common';
import { CALL_STORE } from '../../application.js';
import { StoreQueryError, StoreUnavailableError, type CallStore } from '../../store/call-store.js';
import type { CallPage, StoredCall } from '../../store/calls.js';
import type {
  MeasureQuery,
  MeasuredGroup,
  Measures,
  RangeQuery,
  SeriesFilter,
  TimeRange,
} from '../../store/measures.js';
import type { StoreStatus } from '../../store/store-status.js';
import type { Breakdown } from '../api/breakdown.js';
import type { Errors } from '../api/errors.js';
import type { Quality } from '../api/quality.js';
import type { Retries } from '../api/retries.js';
import type { Summary } from '../api/summary.js';
import type { Timeline } from '../api/timeline.js';
import { bucketsBefore, bucketsOf } from './buckets.js';
import { addMeasures, isQuantile } from './metrics.js';
import { DAY_MS, periodBefore, wholeMinutes } from './period.js';
import type { BreakdownQuery, BucketQuery, CallsQuery, FigureQuery, TimelineQuery } from './query.js';
import { groupsOverTime, overTime } from './over-time.js';

/**
 * What the calls of this application cost, took and failed by, for code of your own; the dashboard's API answers from
 * the same. A call is counted as soon as it has ended and its store has taken it: within two seconds.
 *
 * Costs are USD of what has a price: a lower bound where `unpricedCalls` or `missingUsageCalls` is not 0. Durations are
 * milliseconds, quantiles within 1 % of the true ones and `null` where there are no values.
 *
 * Every method rejects with a `StoreQueryError` for a query that cannot be answered, and with a `StoreUnavailableError`
 * while the store does not answer, or where the application has switched it off.
 *
 * @publicApi
 */
@Injectable()
export class LlmTelemetryQueries {
  constructor(@Inject(CALL_STORE) private readonly store: CallStore | null) {}

  /** The figures of a range, quantiles included, and those of the period of the same length before it. */
  async summary(query: FigureQuery = {}): Promise<Summary> {
    const { range, where, asOf } = this.asked(query);
    const [now, before] = await Promise.all(
      [range, periodBefore(range)].map((range) => this.total({ range, where, quantiles: true })),
    );
    return {
      ...now!.measures,
      range: now!.range,
      asOf,
      before: { ...before!.measures, range: before!.range },
    };
  }

  /**
   * The figures of a range by names, each beside the period before: cost and calls by feature, model, route or tenant,
   * durations and first tokens by operation, truncation by model.
   */
  async breakdown({ by, quantiles = false, limit = 100, ...query }: BreakdownQuery): Promise<Breakdown> {
    const { range, where, asOf } = this.asked(query);
    whole('limit', limit, 1000);
    const store = this.open();
    const before = periodBefore(range);
    const [groups, groupsBefore, total, totalBefore] = await Promise.all([
      store.measure({ range, where, by, quantiles }),
      store.measure({ range: before, where, by, quantiles }),
      this.total({ range, where, quantiles }),
      this.total({ range: before, where, quantiles }),
    ]);
    const measuresBefore = new Map(groupsBefore.groups.map((group) => [keyOf(group), group.measures]));
    const rest = groups.groups.slice(limit);
    return {
      by,
      range: total.range,
      asOf,
      total: total.measures,
      groups: groups.groups.slice(0, limit).map((group) => ({
        names: group.names,
        measures: group.measures,
        before: measuresBefore.get(keyOf(group)) ?? null,
      })),
      others:
        rest.length > 0
          ? { groups: rest.length, measures: addMeasures(rest.map(({ measures }) => measures)) }
          : null,
      before: { range: totalBefore.range, total: totalBefore.measures },
    };
  }

  /** Metrics over time, of all calls and by names, beside the period before. At most 1,000 buckets. */
  async timeline({ metrics, by = [], limit = 6, ...query }: TimelineQuery): Promise<Timeline> {
    const { range, where, asOf } = this.asked(query);
    whole('limit', limit, 50);
    const store = this.open();
    const before = periodBefore(range);
    const buckets = bucketsOf(range, query.bucketMs, query.bucketOffsetMs);
    const earlier = bucketsBefore(buckets, range);
    const quantiles = metrics.some(isQuantile);
    const { bucketMs } = buckets;
    const [total, totalBefore, groups] = await Promise.all([
      this.total({ range, where, quantiles, bucketMs, bucketOffsetMs: buckets.offsetMs }),
      this.total({ range: before, where, quantiles, bucketMs, bucketOffsetMs: earlier.offsetMs }),
      by.length > 0
        ? store.measure({ range, where, by, quantiles, bucketMs, bucketOffsetMs: buckets.offsetMs })
        : null,
    ]);
    return {
      by,
      range: total.range,
      asOf,
      bucketMs,
      at: buckets.at,
      total: overTime(total.buckets, buckets.at, metrics),
      before: { range: totalBefore.range, total: overTime(totalBefore.buckets, earlier.at, metrics) },
      ...groupsOverTime(groups?.groups ?? [], buckets.at, metrics, limit),
    };
  }

  /** How calls and requests failed, by type and over time. At most 200 buckets. */
  async errors(query: BucketQuery = {}): Promise<Errors> {
    const { range, where, asOf } = this.asked(query);
    const store = this.open();
    const { bucketMs, at } = bucketsOf(range, query.bucketMs, query.bucketOffsetMs, MAX_ERROR_BUCKETS);
    const inBuckets = at.map((from) => ({
      from: Math.max(from, range.from),
      to: Math.min(from + bucketMs, range.to),
    }));
    const [all, ...counts] = await Promise.all(
      [range, ...inBuckets].map((range) => store.errors({ range, where })),
    );
    const calls = counts.map((types) => new Map(types.map((count) => [count.type, count.calls])));
    return {
      range,
      asOf,
      bucketMs,
      at,
      types: all!.map((count) => ({ ...count, values: calls.map((types) => types.get(count.type) ?? 0) })),
    };
  }

  /** What repeated requests saved, how long they took, and what was paid for attempts that came to nothing. */
  async retries(query: FigureQuery = {}): Promise<Retries> {
    const { range, where, asOf } = this.asked(query);
    const [{ measures, range: measured }, reasons] = await Promise.all([
      this.total({ range, where }),
      this.open().errors({ range, where }),
    ]);
    return {
      range: measured,
      asOf,
      calls: measures.calls,
      attempts: measures.attempts,
      retries: measures.retries,
      retriedCalls: measures.retriedCalls,
      recoveredCalls: measures.recoveredCalls,
      retryTimeMs: measures.retryTimeMs,
      retryCostUsd: measures.retryCostUsd,
      rateLimitedAttempts: measures.rateLimitedAttempts,
      reasons: reasons.filter(({ attempts }) => attempts > 0),
    };
  }

  /** What is not known: models without a price, usage that is missing or estimated, calls that were not kept. */
  async quality(query: FigureQuery = {}): Promise<Quality> {
    const { range, where, asOf } = this.asked(query);
    const store = this.open();
    const [{ measures, range: measured }, unpriced, status] = await Promise.all([
      this.total({ range, where }),
      store.unpriced({ range, where }),
      store.status(),
    ]);
    return {
      range: measured,
      asOf,
      calls: measures.calls,
      billedCalls: measures.billedCalls,
      unpricedCalls: measures.unpricedCalls,
      missingUsageCalls: measures.missingUsageCalls,
      estimatedUsageCalls: measures.estimatedUsageCalls,
      estimatedCostUsd: measures.estimatedCostUsd,
      costUsd: measures.costUsd,
      lowerBound: measures.unpricedCalls > 0 || measures.missingUsageCalls > 0,
      unpricedModels: unpriced.slice(0, MAX_UNPRICED_MODELS),
      dropped: Object.values(status.dropped).reduce((sum, count) => sum + count, 0),
    };
  }

  /** A page of calls, the latest first unless asked otherwise; `next` of a page asks for the one after it. */
  async calls({ range, ...query }: CallsQuery = {}): Promise<CallPage> {
    return this.open().calls({ ...query, range: checked(range ?? lastDay(Date.now())) });
  }

  /** One call with its attempts, their receipts and its neighbours; `null` where there is none, or none any more. */
  async call(id: number): Promise<StoredCall | null> {
    return this.open().call(id);
  }

  /** Where calls are kept, how many, and what is wrong; `null`: the application has no store. */
  async status(): Promise<StoreStatus | null> {
    return this.store?.status() ?? null;
  }

  private open(): CallStore {
    if (!this.store) throw new StoreUnavailableError('The store of calls is switched off.');
    return this.store;
  }

  private asked(query: FigureQuery): { range: TimeRange; where: SeriesFilter | undefined; asOf: number } {
    const asOf = Date.now();
    return { range: wholeMinutes(checked(query.range ?? lastDay(asOf))), where: query.where, asOf };
  }

  /** Of all calls of a range: the only group that there is without `by`. */
  private async total(query: MeasureQuery & RangeQuery): Promise<MeasuredGroup & { range: TimeRange }> {
    const { groups, range } = await this.open().measure(query);
    const [all] = groups;
    return {
      names: {},
      measures: all?.measures ?? (addMeasures([]) satisfies Measures),
      buckets: all?.buckets ?? [],
      range,
    };
  }
}

/** Each is a question to the store: as many as a chart shows, and no more. */
const MAX_ERROR_BUCKETS = 200;

const MAX_UNPRICED_MODELS = 100;

function lastDay(now: number): TimeRange {
  // A call that ends in this very millisecond is in it.
  return { from: now + 1 - DAY_MS, to: now + 1 };
}

function checked(range: TimeRange): TimeRange {
  if (!Number.isFinite(range.from) || !Number.isFinite(range.to))
    throw new StoreQueryError('A range has a start and an end.');
  if (range.from >= range.to) throw new StoreQueryError('A range starts before it ends.');
  return range;
}

function whole(what: string, value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > max)
    throw new StoreQueryError(`${what} is a whole number from 1 to ${max}.`);
}

/** Equal for the same names, whatever they are made of. */
function keyOf({ names }: MeasuredGroup): string {
  return JSON.stringify(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1)));
}

import { Inject, Injectable } from '@nestjs/common';
import {
  CALL_STORE,
  type CallStore,
  StoreQueryError,
  StoreUnavailableError,
} from '../../store/call-store.js';
import { CALL_BUDGETS, type Budgets } from '../../budgets/budgets.js';
import { CALL_PRICERS, type Pricers } from '../../pricing/pricers.js';
import type { CallPage, StoredCall } from '../../store/calls.js';
import type {
  MeasureFilter,
  MeasureQuery,
  MeasuredBucket,
  MeasuredGroup,
  MeasureResult,
  Measures,
  TimeRange,
} from '../../store/measures.js';
import type { StoreStatus } from '../../store/store-status.js';
import type { Breakdown } from '../answers/breakdown.js';
import type { BudgetsAnswer } from '../../budgets/budgets-answer.js';
import type { Errors } from '../answers/errors.js';
import type { Quality } from '../answers/quality.js';
import type { Retries } from '../answers/retries.js';
import type { Summary } from '../answers/summary.js';
import type { Timeline } from '../answers/timeline.js';
import type { WhatIf } from '../answers/what-if.js';
import { readBilledCalls } from '../what-if/read-calls.js';
import { reprice } from '../what-if/reprice.js';
import { findTarget } from '../what-if/target-model.js';
import { bucketsOf, startsOf } from './buckets.js';
import { addMeasures, isQuantile } from './metrics.js';
import { withVersionsMerged } from './merge-versions.js';
import { groupsOverTime, overTime, rankedBy } from './over-time.js';
import { lastDay, periodBefore, wholeMinutes } from './period.js';
import type {
  BreakdownQuery,
  BucketQuery,
  CallsQuery,
  FigureQuery,
  TimelineQuery,
  WhatIfQuery,
} from './query.js';

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
  constructor(
    @Inject(CALL_STORE) private readonly store: CallStore | null,
    @Inject(CALL_BUDGETS) private readonly budgetsOfApp: Budgets | null,
    @Inject(CALL_PRICERS) private readonly pricers: Pricers | null,
  ) {}

  /** The figures of a range, quantiles included, and those of the period of the same length before it. */
  async summary(query: FigureQuery = {}): Promise<Summary> {
    const { range, where, asOf } = this.asked(query);
    const now = await this.total({ range, where, quantiles: true });
    const before = await this.total({ range: periodBefore(now.range), where, quantiles: true });
    return { ...now.measures, range: now.range, asOf, before: { ...before.measures, range: before.range } };
  }

  /**
   * The figures of a range by names, each beside the period before: cost and calls by feature, model, route or tenant,
   * durations and first tokens by operation, truncation by model.
   */
  async breakdown({
    by,
    quantiles = false,
    mergeVersions,
    limit = 100,
    ...query
  }: BreakdownQuery): Promise<Breakdown> {
    const { range, where, asOf } = this.asked(query);
    whole('limit', limit, 1000);
    const now = await this.apart({ range, where, by, quantiles, mergeVersions });
    const before = await this.apart({ range: periodBefore(now.range), where, by, quantiles, mergeVersions });
    const measuresBefore = new Map(before.groups.map((group) => [keyOf(group), group.measures]));
    const rest = now.groups.slice(limit);
    return {
      by,
      range: now.range,
      asOf,
      total: now.total.measures,
      groups: now.groups.slice(0, limit).map((group) => ({
        names: group.names,
        measures: group.measures,
        before: measuresBefore.get(keyOf(group)) ?? null,
        ...(group.versions && { versions: group.versions }),
      })),
      others:
        rest.length > 0
          ? { groups: rest.length, measures: addMeasures(rest.map(({ measures }) => measures)) }
          : null,
      before: { range: before.range, total: before.total.measures },
    };
  }

  /**
   * Metrics over time, of all calls and by names, beside the period before. At most 1,000 buckets, which are longer than
   * asked for where only longer rollups are kept.
   */
  async timeline({ metrics, by = [], limit = 6, mergeVersions, ...query }: TimelineQuery): Promise<Timeline> {
    const { range, where, asOf } = this.asked(query);
    whole('limit', limit, 50);
    const { bucketMs, at: asked } = bucketsOf(range, query.bucketMs, query.bucketOffsetMs);
    const over = {
      where,
      quantiles: metrics.some(isQuantile),
      bucketMs,
      bucketOffsetMs: query.bucketOffsetMs,
    };
    const top = { groups: limit, by: rankedBy(metrics[0]) };
    const now = await this.apart({ ...over, range, by, top, mergeVersions });
    if (now.bucketMs !== null && now.bucketMs > bucketMs)
      return this.timeline({ ...query, metrics, by, limit, mergeVersions, bucketMs: now.bucketMs });
    // Whole buckets earlier, so that each has one that stands for it.
    const apart = Math.max(1, Math.round((now.range.to - now.range.from) / bucketMs)) * bucketMs;
    const before = { from: Math.max(0, now.range.from - apart), to: now.range.to - apart };
    const earlier = await this.total({ ...over, range: before });
    const at = startsOf(now.range, bucketMs, now.total.buckets[0]?.at ?? asked[0]!);
    return {
      by,
      range: now.range,
      asOf,
      bucketMs,
      at,
      total: overTime(now.total.buckets, at, metrics),
      before: {
        range: earlier.range,
        apartMs: apart,
        // Of so long ago there may be only longer ones, which stand for none of these.
        total: overTime(
          earlier.bucketMs === now.bucketMs ? earlier.buckets : [],
          at.map((start) => start - apart),
          metrics,
        ),
      },
      ...groupsOverTime(now, at, metrics, limit),
    };
  }

  /** How calls and requests failed, by type and over time. At most 1,000 buckets, longer ones where only those are kept. */
  async errors(query: BucketQuery = {}): Promise<Errors> {
    const { range, where, asOf } = this.asked(query);
    const asked = bucketsOf(range, query.bucketMs, query.bucketOffsetMs);
    const { bucketOffsetMs } = query;
    const found = await this.open().errors({ range, where, bucketMs: asked.bucketMs, bucketOffsetMs });
    const bucketMs = found.bucketMs ?? asked.bucketMs;
    const first = found.types.flatMap(({ buckets }) => buckets[0]?.at ?? [])[0];
    const at = startsOf(found.range, bucketMs, first ?? asked.at[0]!);
    return {
      range: found.range,
      asOf,
      bucketMs,
      at,
      types: found.types
        .filter(({ calls, attempts }) => calls > 0 || attempts > 0)
        .map(({ type, calls, attempts, buckets }) => {
          const inBucket = new Map(buckets.map((bucket) => [bucket.at, bucket.calls]));
          return { type, calls, attempts, values: at.map((start) => inBucket.get(start) ?? 0) };
        }),
    };
  }

  /** What repeated requests saved, how long they took, and what was paid for attempts that came to nothing. */
  async retries(query: FigureQuery = {}): Promise<Retries> {
    const { range, where, asOf } = this.asked(query);
    const [{ measures, range: measured }, { types }] = await Promise.all([
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
      reasons: types
        .filter(({ attempts, retries }) => attempts > 0 || retries > 0)
        .map(({ buckets: _buckets, ...reason }) => reason)
        .sort((one, other) => other.retries - one.retries || other.attempts - one.attempts),
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

  /**
   * Returns what was spent on each budget in its present period, the projected spend, and when it is used up.
   *
   * @param where omits budgets that none of these calls count towards
   */
  async budgets(where: MeasureFilter = {}): Promise<BudgetsAnswer> {
    const asOf = Date.now();
    const all = this.budgetsOfApp?.list() ?? [];
    const features =
      all.length > 0 ? await this.featuresOf(where, { from: startOf(all, asOf), to: asOf + 1 }) : null;
    const budgets = all.filter(
      ({ feature, tenant }) =>
        (feature === null || features === null || features.includes(feature)) &&
        (tenant === null || where.tenant === undefined || where.tenant.includes(tenant)),
    );
    return { asOf, budgets };
  }

  /** The features of some calls; `null`: all. */
  private async featuresOf(
    where: MeasureFilter,
    range: TimeRange,
  ): Promise<ReadonlyArray<string | null> | null> {
    const { feature, tenant: _tenant, ...others } = where;
    if (Object.keys(others).length === 0) return feature ?? null;
    const { groups } = await this.open().measure({ range: wholeMinutes(range), where, by: ['feature'] });
    return groups.map(({ names }) => names.feature ?? null);
  }

  /**
   * Returns what the latest calls of a range would have cost on another model, for all kinds of their tokens. Rejects with
   * a `StoreQueryError` for a model without a price.
   */
  async whatIf({ feature, where: filter = {}, model, provider, ...query }: WhatIfQuery): Promise<WhatIf> {
    const asOf = Date.now();
    const day = lastDay(query.to ?? asOf);
    const range = checked({ from: query.from ?? day.from, to: query.to ?? day.to });
    const store = this.open();
    const pricer = this.pricers?.whatIf;
    const target = pricer && findTarget(pricer, model, provider, asOf);
    if (!target) throw new StoreQueryError('There is no price for this model.');
    const where = feature === undefined ? filter : { ...filter, feature: [feature] };
    const [total, records] = await Promise.all([
      this.total({ range: wholeMinutes(range), where }),
      readBilledCalls(store, range, where),
    ]);
    return {
      range,
      asOf,
      feature: where.feature?.length === 1 ? where.feature[0]! : null,
      where,
      ...target,
      // Rollups are by the minute: those of the last one's calls that came after `to` are not among what was read.
      calls: Math.max(total.measures.billedCalls, records.length),
      readCalls: records.length,
      ...reprice(records, target, pricer),
    };
  }

  /** A page of calls, the latest first unless asked otherwise; `next` of a page asks for the one after it. */
  async calls({ range, ...query }: CallsQuery = {}): Promise<CallPage> {
    return this.open().calls({ ...query, range: checked(range ?? lastDay()) });
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

  private asked(query: FigureQuery): { range: TimeRange; where: MeasureFilter | undefined; asOf: number } {
    const asOf = Date.now();
    return { range: wholeMinutes(checked(query.range ?? lastDay(asOf))), where: query.where, asOf };
  }

  /** Of all calls of a range: the only group that there is without `by`. */
  private async total(query: MeasureQuery): Promise<Total> {
    const { groups, range, bucketMs } = await this.open().measure(query);
    const [all] = groups;
    return { range, bucketMs, measures: all?.measures ?? addMeasures([]), buckets: all?.buckets ?? [] };
  }

  /** Of a range by names, and of all its calls. */
  private async apart({ by = [], top, ...query }: MeasureQuery): Promise<MeasureResult & { total: Total }> {
    if (by.length === 0) {
      const total = await this.total(query);
      return { range: total.range, bucketMs: total.bucketMs, groups: [], total };
    }
    const measured = await this.open().measure({ ...query, by, top });
    const result = query.mergeVersions ? withVersionsMerged(measured) : measured;
    // A breakdown can be of whole hours or of a shorter range: the total is of the same.
    const total = await this.total({
      ...query,
      range: result.range,
      bucketMs: query.bucketMs === undefined ? undefined : (result.bucketMs ?? query.bucketMs),
    });
    return { ...result, total };
  }
}

interface Total {
  readonly range: TimeRange;
  readonly bucketMs: number | null;
  readonly measures: Measures;
  readonly buckets: readonly MeasuredBucket[];
}

const MAX_UNPRICED_MODELS = 100;

/** The start of the earliest period, at most a month ago. */
function startOf(budgets: BudgetsAnswer['budgets'], now: number): number {
  return budgets.reduce((start, { period }) => Math.min(start, period.from), now);
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

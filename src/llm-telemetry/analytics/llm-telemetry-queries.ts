import { Inject, Injectable } from '@nestjs/common';
import {
  CALL_STORE,
  type CallStore,
  StoreQueryError,
  type StoreStatus,
  StoreUnavailableError,
} from '../store/call-store.js';
import type { Budgets } from '../budgets/budgets.js';
import { CALL_BUDGETS } from '../budgets/call-budgets.token.js';
import { CALL_PRICERS } from '../pricing/call-pricers.token.js';
import type { Pricers } from '../pricing/pricer.js';
import type { CallPage, StoredCall } from '../store/calls.js';
import type {
  MeasureFilter,
  MeasureQuery,
  MeasuredBucket,
  MeasuredGroup,
  MeasureResult,
  Measures,
  TimeRange,
} from '../store/measures.js';
import type { BudgetsResponse } from '../budgets/budget-status.js';
import {
  addMeasures,
  groupsOverTime,
  isQuantile,
  overTime,
  rankedBy,
  withVersionsMerged,
} from './measure-series.js';
import type {
  BreakdownQuery,
  BucketQuery,
  CallsQuery,
  FilteredQuery,
  TimelineQuery,
  WhatIfQuery,
} from './queries.js';
import {
  QUALITY_MEASURES,
  RETRY_MEASURES,
  type Breakdown,
  type Errors,
  type Quality,
  type Retries,
  type Summary,
  type Timeline,
  type WhatIf,
} from './responses.js';
import { bucketsOf, lastDay, periodBefore, startsOf, wholeMinutes } from './time-ranges.js';

/**
 * Queries on the stored calls of this application: costs, durations, errors and single calls. The dashboard's API uses the
 * same queries. Calls are included within two seconds after their end.
 *
 * Costs are in USD and a lower bound if `unpricedCalls` or `missingUsageCalls` is not 0. Durations are in milliseconds.
 * Quantiles are accurate to 1 %, and `null` without values.
 *
 * All methods reject with a `StoreQueryError` for an invalid query, and with a `StoreUnavailableError` if the store does not
 * respond or is disabled.
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

  /** Returns the measures of a range with quantiles, and those of the previous period of the same length. */
  async summary(query: FilteredQuery = {}): Promise<Summary> {
    const { range, where, asOf } = this.resolve(query);
    const now = await this.total({ range, where, quantiles: true });
    const before = await this.total({ range: periodBefore(now.range), where, quantiles: true });
    return { ...now.measures, range: now.range, asOf, before: { ...before.measures, range: before.range } };
  }

  /**
   * Returns the measures of a range by dimensions, with those of the previous period: for example cost by feature, or
   * truncation by model.
   */
  async breakdown({
    by,
    quantiles = false,
    mergeVersions,
    limit = 100,
    ...query
  }: BreakdownQuery): Promise<Breakdown> {
    const { range, where, asOf } = this.resolve(query);
    checkWhole('limit', limit, 1000);
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
   * Returns measures over time, of all calls and by dimensions, with those of the previous period. At most 1,000 buckets.
   * Buckets are longer than requested if only longer rollups exist.
   */
  async timeline({ metrics, by = [], limit = 6, mergeVersions, ...query }: TimelineQuery): Promise<Timeline> {
    const { range, where, asOf } = this.resolve(query);
    checkWhole('limit', limit, 50);
    const { bucketMs, at: requested } = bucketsOf(range, query.bucketMs, query.bucketOffsetMs);
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
    // Shifted by whole buckets, so that each bucket has a counterpart.
    const apart = Math.max(1, Math.round((now.range.to - now.range.from) / bucketMs)) * bucketMs;
    const before = { from: Math.max(0, now.range.from - apart), to: now.range.to - apart };
    const earlier = await this.total({ ...over, range: before });
    const at = startsOf(now.range, bucketMs, now.total.buckets[0]?.at ?? requested[0]!);
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
        // Longer rollups cannot be assigned to these buckets.
        total: overTime(
          earlier.bucketMs === now.bucketMs ? earlier.buckets : [],
          at.map((start) => start - apart),
          metrics,
        ),
      },
      ...groupsOverTime(now, at, metrics, limit),
    };
  }

  /** Returns errors by type and over time. At most 1,000 buckets, which are longer if only longer rollups exist. */
  async errors(query: BucketQuery = {}): Promise<Errors> {
    const { range, where, asOf } = this.resolve(query);
    const requested = bucketsOf(range, query.bucketMs, query.bucketOffsetMs);
    const { bucketOffsetMs } = query;
    const found = await this.open().errors({ range, where, bucketMs: requested.bucketMs, bucketOffsetMs });
    const bucketMs = found.bucketMs ?? requested.bucketMs;
    const first = found.types.flatMap(({ buckets }) => buckets[0]?.at ?? [])[0];
    const at = startsOf(found.range, bucketMs, first ?? requested.at[0]!);
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

  /** Returns the effect of retries: recovered calls, time and cost of failed attempts. */
  async retries(query: FilteredQuery = {}): Promise<Retries> {
    const { range, where, asOf } = this.resolve(query);
    const [{ measures, range: measured }, { types }] = await Promise.all([
      this.total({ range, where }),
      this.open().errors({ range, where }),
    ]);
    return {
      range: measured,
      asOf,
      ...pick(measures, RETRY_MEASURES),
      reasons: types
        .filter(({ attempts, retries }) => attempts > 0 || retries > 0)
        .map(({ buckets: _buckets, ...reason }) => reason)
        .sort((one, other) => other.retries - one.retries || other.attempts - one.attempts),
    };
  }

  /** Returns data quality: models without a price, missing or estimated usage, dropped calls. */
  async quality(query: FilteredQuery = {}): Promise<Quality> {
    const { range, where, asOf } = this.resolve(query);
    const store = this.open();
    const [{ measures, range: measured }, unpriced, status] = await Promise.all([
      this.total({ range, where }),
      store.unpriced({ range, where }),
      store.status(),
    ]);
    return {
      range: measured,
      asOf,
      ...pick(measures, QUALITY_MEASURES),
      lowerBound: measures.unpricedCalls > 0 || measures.missingUsageCalls > 0,
      unpricedModels: unpriced.slice(0, MAX_UNPRICED_MODELS),
      dropped: Object.values(status.dropped).reduce((sum, count) => sum + count, 0),
    };
  }

  /**
   * Returns the spend of each budget in its current period, its projected spend, and the time when it is used up.
   *
   * @param where - omits budgets that no matching call counts for
   */
  async budgets(where: MeasureFilter = {}): Promise<BudgetsResponse> {
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

  /** Returns the features of matching calls; `null`: all. */
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
   * Returns the cost of the latest calls of a range on another model. Rejects with a `StoreQueryError` if the model has no
   * price.
   */
  async whatIf({ feature, where: filter = {}, model, provider, ...query }: WhatIfQuery): Promise<WhatIf> {
    const asOf = Date.now();
    const day = lastDay(query.to ?? asOf);
    const range = checked({ from: query.from ?? day.from, to: query.to ?? day.to });
    const store = this.open();
    const pricer = this.pricers?.whatIf;
    const { findTarget, readBilledCalls, reprice } = await import('./what-if.js');
    const target = pricer && findTarget(pricer, model, provider, asOf);
    if (!target)
      throw new StoreQueryError(
        'No price found for this model. Check its name or add it to pricing.overrides.',
      );
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
      // Rollups include whole minutes, so they can contain calls after `to` that were not read.
      calls: Math.max(total.measures.billedCalls, records.length),
      readCalls: records.length,
      ...reprice(records, target, pricer),
    };
  }

  /** Returns a page of calls, latest first by default. Pass `next` as `cursor` to get the next page. */
  async calls({ range, ...query }: CallsQuery = {}): Promise<CallPage> {
    return this.open().calls({ ...query, range: checked(range ?? lastDay()) });
  }

  /** Returns one call with attempts, receipts and neighbors; `null` if it does not exist or was deleted. */
  async call(id: string): Promise<StoredCall | null> {
    return this.open().call(id);
  }

  /** Returns the state of the store; `null` if it is disabled. */
  async status(): Promise<StoreStatus | null> {
    return this.store?.status() ?? null;
  }

  private open(): CallStore {
    if (!this.store) throw new StoreUnavailableError('The store is disabled (store: false).');
    return this.store;
  }

  private resolve(query: FilteredQuery): {
    range: TimeRange;
    where: MeasureFilter | undefined;
    asOf: number;
  } {
    const asOf = Date.now();
    return { range: wholeMinutes(checked(query.range ?? lastDay(asOf))), where: query.where, asOf };
  }

  /** Returns the measures of all calls of a range. */
  private async total(query: MeasureQuery): Promise<Total> {
    const { groups, range, bucketMs } = await this.open().measure(query);
    const [all] = groups;
    return { range, bucketMs, measures: all?.measures ?? addMeasures([]), buckets: all?.buckets ?? [] };
  }

  /** Returns the measures of a range by dimensions, and of all its calls. */
  private async apart({ by = [], top, ...query }: MeasureQuery): Promise<MeasureResult & { total: Total }> {
    if (by.length === 0) {
      const total = await this.total(query);
      return { range: total.range, bucketMs: total.bucketMs, groups: [], total };
    }
    const measured = await this.open().measure({ ...query, by, top });
    const result = query.mergeVersions ? withVersionsMerged(measured) : measured;
    // The store can change the range of a breakdown; the total must have the same.
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

/** Returns the start of the earliest period, at most a month ago. */
function startOf(budgets: BudgetsResponse['budgets'], now: number): number {
  return budgets.reduce((start, { period }) => Math.min(start, period.from), now);
}

function pick<Name extends keyof Measures>(measures: Measures, names: readonly Name[]): Pick<Measures, Name> {
  return Object.fromEntries(names.map((name) => [name, measures[name]])) as Pick<Measures, Name>;
}

function checked(range: TimeRange): TimeRange {
  if (!Number.isFinite(range.from) || !Number.isFinite(range.to))
    throw new StoreQueryError('"range" must have a finite "from" and "to".');
  if (range.from >= range.to) throw new StoreQueryError('"from" must be earlier than "to".');
  return range;
}

function checkWhole(name: string, value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > max)
    throw new StoreQueryError(`"${name}" must be a whole number from 1 to ${max}, received ${value}.`);
}

/** Returns a key that is equal for equal names. */
function keyOf({ names }: MeasuredGroup): string {
  return JSON.stringify(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1)));
}

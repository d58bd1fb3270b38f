import assert from 'node:assert/strict';
import type { CallRecord } from '../../calls/record.js';
import { HOUR, MINUTE } from '../../units/time.js';
import type { CallOrigin } from '../call-origin.js';
import type { CallStore } from '../call-store.js';
import { LogHistogram } from '../log-histogram.js';
import type {
  BucketedQuery,
  CountMeasure,
  Dimension,
  MeasuredBucket,
  MeasureQuery,
  MeasureResult,
  Measures,
  Quantiles,
  TimeRange,
} from '../measures.js';
import type { ConformanceOptions } from './conformance-options.js';
import {
  bucketsOf,
  COUNT_MEASURES,
  ERROR_FIELDS,
  errorsOf,
  groupsOf,
  selected,
  sharesOf,
  sumsOf,
  type Share,
} from './expected-measures.js';
import { assertSame, plain } from './plain.js';

const SHARES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, max: 1 } as const;

/** A relative error of 1 %, and of the doubles. */
const QUANTILE_ERROR = 0.01 + 1e-9;
/** Shorter durations count as this, in milliseconds. */
const SHORTEST_MS = 0.01;

/** Compares measures of a store with the records that it holds. */
export class MeasureChecks {
  readonly shares: readonly Share[];

  constructor(
    private readonly store: CallStore,
    records: readonly CallRecord[],
    origin: CallOrigin,
    private readonly options: ConformanceOptions,
  ) {
    this.shares = sharesOf(records, origin);
  }

  /** Checks one query, and returns its result. */
  async measure(query: MeasureQuery): Promise<MeasureResult> {
    const { by = [], where, bucketMs, mergeVersions, quantiles = false } = query;
    const what = JSON.stringify({ ...query, range: undefined });
    const result = await this.store.measure(query);
    checkRange(result.range, query.range, isOfHours(query) ? HOUR : MINUTE, what);
    assert.equal(result.bucketMs, bucketMs ?? null, `${what}: bucketMs`);
    const groups = groupsOf(selected(this.shares, result.range, where), by, mergeVersions);
    if (by.length === 0 && groups.size === 0) groups.set('[]', []);
    const keyOf = ({ names }: { names: Readonly<Partial<Record<Dimension, string | null>>> }): string =>
      JSON.stringify(by.map((dimension) => names[dimension]));
    assertSame(result.groups.map(keyOf).sort(), [...groups.keys()].sort(), `${what}: groups`);
    const top = topOf(groups, query);
    for (const group of result.groups) {
      const key = keyOf(group);
      const shares = groups.get(key)!;
      this.checkMeasures(group.measures, shares, quantiles, `${what}: ${key}`);
      const hasBuckets = bucketMs !== undefined && (!top || !result.others || top.has(key));
      this.checkBuckets(group.buckets, hasBuckets ? shares : [], query, quantiles, `${what}: ${key}`);
      if (mergeVersions) this.checkVersions(group, shares, query, `${what}: ${key}`);
    }
    if (top && result.others) {
      const others = [...groups].flatMap(([key, shares]) => (top.has(key) ? [] : shares));
      this.checkBuckets(result.others, others, query, false, `${what}: others`);
    }
    return result;
  }

  /** Checks the errors of a query. */
  async errors(query: BucketedQuery): Promise<void> {
    const { where, bucketMs, bucketOffsetMs } = query;
    const what = JSON.stringify({ ...query, range: undefined });
    const { range, types } = await this.store.errors(query);
    checkRange(range, query.range, MINUTE, what);
    const shares = selected(this.shares, range, where);
    const ranks = types.map(({ calls, attempts }) => [calls, attempts] as const);
    assertSame(
      ranks,
      ranks.toSorted((one, other) => other[0] - one[0] || other[1] - one[1]),
      `${what}: order`,
    );
    const found = types.map((error) => ({
      type: error.type,
      ...Object.fromEntries(ERROR_FIELDS.map((field) => [field, error[field]])),
    }));
    const byType = (one: { type: string }, other: { type: string }): number =>
      one.type < other.type ? -1 : 1;
    const expected = [...errorsOf(shares)].map(([type, sums]) => ({ type, ...sums }));
    assertSame(found.toSorted(byType), expected.toSorted(byType), `${what}: errors`);
    for (const { type, buckets } of types) {
      const ofType = bucketMs === undefined ? [] : [...bucketsOf(shares, bucketMs, bucketOffsetMs)];
      const nonempty = ofType
        .map(([at, inBucket]) => ({ at, sums: errorsOf(inBucket).get(type) }))
        .flatMap(({ at, sums }) =>
          sums && sums.calls + sums.attempts > 0 ? { at, calls: sums.calls, attempts: sums.attempts } : [],
        );
      assertSame(
        buckets,
        nonempty.sort((one, other) => one.at - other.at),
        `${what}: buckets of ${type}`,
      );
    }
  }

  private checkMeasures(actual: Measures, shares: readonly Share[], quantiles: boolean, what: string): void {
    const sums = Object.fromEntries(COUNT_MEASURES.map((name) => [name, actual[name]]));
    assertSame(sums, sumsOf(shares), what);
    const [durations, firstTokens] = quantiles
      ? [shares.map(({ durationMs }) => durationMs), shares.map(({ firstTokenMs }) => firstTokenMs)]
      : [[], []];
    this.checkQuantiles(actual.duration, durations, `${what}: duration`);
    this.checkQuantiles(actual.firstToken, firstTokens, `${what}: firstToken`);
  }

  private checkQuantiles(actual: Quantiles | null, values: ReadonlyArray<number | null>, what: string): void {
    const sorted = values.filter((value) => value !== null).sort((one, other) => one - other);
    if (sorted.length === 0) return assert.equal(actual, null, what);
    assert.equal(actual?.count, sorted.length, `${what}: count`);
    for (const [name, share] of Object.entries(SHARES) as Array<[keyof typeof SHARES, number]>) {
      const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
      if (this.options.sameQuantiles) assert.equal(actual[name], inHistogram(exact), `${what}: ${name}`);
      else {
        const least = Math.max(exact, SHORTEST_MS);
        const error = Math.abs(actual[name] - least);
        assert(error <= least * QUANTILE_ERROR, `${what}: ${name} is ${actual[name]}, not ${exact} ± 1 %`);
      }
    }
  }

  private checkBuckets(
    actual: readonly MeasuredBucket[],
    shares: readonly Share[],
    { bucketMs = HOUR, bucketOffsetMs }: MeasureQuery,
    quantiles: boolean,
    what: string,
  ): void {
    const buckets = bucketsOf(shares, bucketMs, bucketOffsetMs);
    const starts = [...buckets.keys()].sort((one, other) => one - other);
    assertSame(
      actual.map(({ at }) => at),
      starts,
      `${what}: starts of buckets`,
    );
    for (const { at, measures } of actual)
      this.checkMeasures(measures, buckets.get(at)!, quantiles, `${what} at ${new Date(at).toISOString()}`);
  }

  private checkVersions(
    { versions }: MeasureResult['groups'][number],
    shares: readonly Share[],
    { by = [], quantiles = false }: MeasureQuery,
    what: string,
  ): void {
    const model = by.indexOf('model');
    const expected = groupsOf(shares, by);
    const hasModel = [...expected.keys()].some(
      (key) => typeof (JSON.parse(key) as unknown[])[model] === 'string',
    );
    if (!hasModel) return;
    const nameOf = (key: string): unknown => (JSON.parse(key) as unknown[])[model];
    assertSame(
      versions?.map((version) => version.model).sort(),
      [...expected.keys()].map(nameOf).sort(),
      `${what}: versions`,
    );
    for (const [key, ofVersion] of expected) {
      const version = versions!.find((one) => one.model === nameOf(key))!;
      this.checkMeasures(version.measures, ofVersion, quantiles, `${what}: version ${version.model}`);
    }
  }
}

/** Rollups of routes and tenants start at an hour. */
function isOfHours({ by = [], where = {}, quantiles }: MeasureQuery): boolean {
  const filtered = Object.keys(where).some((name) => !['service', 'version', 'environment'].includes(name));
  return by.length === 1 && (by[0] === 'route' || by[0] === 'tenant') && !filtered && !quantiles;
}

function checkRange(actual: TimeRange, wanted: TimeRange, unit: number, what: string): void {
  const { from, to } = actual;
  const isWidened =
    from <= wanted.from && from > wanted.from - unit && to >= wanted.to && to < wanted.to + unit;
  assert(
    isWidened && from % MINUTE === 0 && to % MINUTE === 0,
    `${what}: the range ${JSON.stringify(plain(wanted))} was widened to ${JSON.stringify(plain(actual))}`,
  );
}

/** Returns the keys of the top groups; the first of equal groups may be any. */
function topOf(groups: ReadonlyMap<string, readonly Share[]>, { top }: MeasureQuery): Set<string> | null {
  if (!top) return null;
  const valueOf = (shares: readonly Share[], name: CountMeasure): number => sumsOf(shares)[name];
  return new Set(
    [...groups]
      .map(([key, shares]) => ({ key, value: valueOf(shares, top.by) }))
      .sort((one, other) => other.value - one.value)
      .slice(0, top.groups)
      .map(({ key }) => key),
  );
}

/** Returns a value as histograms of the built-in stores return it. */
function inHistogram(value: number): number {
  const histogram = new LogHistogram();
  histogram.add(value);
  return histogram.quantiles([1])[0]!;
}

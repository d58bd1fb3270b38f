import { MEASURED_SUMS, type UsageMeasure } from '../../../wire/usage.js';
import { UNITS_PER_USD, usdOf } from '../../../units/usd.js';
import { LogHistogram } from '../../log-histogram.js';
import type { Measures, Quantiles } from '../../measures.js';
import { addSumsBytes } from '../../sums-bytes.js';
import { MONEY, SUMS, type Sum } from '../../tally.js';
import type { CallPart } from './call-parts.js';
import type { Rollup } from './rollup-scan.js';

const INDEX = Object.fromEntries(SUMS.map((sum, index) => [sum, index])) as Record<Sum, number>;

/** Sums rollups and calls of one group, or of one bucket of a group. */
export class Found {
  private readonly sums = new Float64Array(SUMS.length);
  /** Whole dollars of money sums, kept apart because a number cannot hold large sums of units exactly. */
  private readonly dollars = { costUnits: 0, estimatedCostUnits: 0, retryCostUnits: 0 };
  /** Stored histograms, merged one group at a time. */
  private readonly durations: Uint8Array[] = [];
  private readonly firstTokens: Uint8Array[] = [];
  private readonly durationValues: number[] = [];
  private readonly firstTokenValues: number[] = [];

  constructor(private readonly quantiles: boolean) {}

  add({ sums, duration, firstToken }: Rollup): void {
    addSumsBytes(this.sums, sums);
    this.carry();
    if (!this.quantiles) return;
    this.durations.push(duration);
    this.firstTokens.push(firstToken);
  }

  /** Adds a part of one call. */
  addPart({ sums, durationMs, firstTokenMs }: CallPart): void {
    for (const [index, sum] of SUMS.entries()) if (Number.isFinite(sums[sum])) this.sums[index]! += sums[sum];
    this.carry();
    if (!this.quantiles) return;
    if (durationMs !== null) this.durationValues.push(durationMs);
    if (firstTokenMs !== null) this.firstTokenValues.push(firstTokenMs);
  }

  /** Adds the sums and values of another instance. */
  merge(other: Found): void {
    for (let index = 0; index < SUMS.length; index++) this.sums[index]! += other.sums[index]!;
    for (const sum of MONEY) this.dollars[sum] += other.dollars[sum];
    this.carry();
    if (!this.quantiles) return;
    for (const histogram of other.durations) this.durations.push(histogram);
    for (const histogram of other.firstTokens) this.firstTokens.push(histogram);
    for (const value of other.durationValues) this.durationValues.push(value);
    for (const value of other.firstTokenValues) this.firstTokenValues.push(value);
  }

  /** True if nothing was counted. */
  get isEmpty(): boolean {
    return this.sum('calls') === 0 && this.sum('attempts') === 0;
  }

  /** Subtracts the sums of other instances. */
  subtract(others: Iterable<Found>): void {
    for (const other of others) {
      for (let index = 0; index < SUMS.length; index++) this.sums[index]! -= other.sums[index]!;
      for (const sum of MONEY) this.dollars[sum] -= other.dollars[sum];
    }
    for (const sum of MONEY) this.borrow(sum);
  }

  private carry(): void {
    for (const sum of MONEY) {
      const units = this.sums[INDEX[sum]]!;
      if (units < UNITS_PER_USD) continue;
      this.dollars[sum] += Math.floor(units / UNITS_PER_USD);
      this.sums[INDEX[sum]] = units % UNITS_PER_USD;
    }
  }

  private borrow(sum: (typeof MONEY)[number]): void {
    const units = this.sums[INDEX[sum]]!;
    if (units >= 0) return;
    const dollars = Math.ceil(-units / UNITS_PER_USD);
    this.dollars[sum] -= dollars;
    this.sums[INDEX[sum]] = units + dollars * UNITS_PER_USD;
  }

  sum(name: Sum): number {
    return this.sums[INDEX[name]]!;
  }

  measures(): Measures {
    const sum = (name: Sum): number => this.sum(name);
    const usd = (name: (typeof MONEY)[number]): number => usdOf(this.dollars[name], sum(name));
    return {
      calls: sum('calls'),
      failed: sum('failed'),
      aborted: sum('aborted'),
      truncated: sum('truncated'),
      contentFiltered: sum('contentFiltered'),
      costUsd: usd('costUnits'),
      estimatedCostUsd: usd('estimatedCostUnits'),
      billedCalls: sum('billedCalls'),
      unpricedCalls: sum('unpricedCalls'),
      missingUsageCalls: sum('missingUsageCalls'),
      estimatedUsageCalls: sum('estimatedUsageCalls'),
      ...this.usageMeasures(),
      attempts: sum('attempts'),
      retries: sum('retries'),
      rateLimitedAttempts: sum('rateLimitedAttempts'),
      retriedCalls: sum('retriedCalls'),
      recoveredCalls: sum('recoveredCalls'),
      retryTimeMs: sum('retryTimeMs'),
      retryCostUsd: usd('retryCostUnits'),
      duration: this.quantiles ? quantilesOf(this.durations, this.durationValues) : null,
      firstToken: this.quantiles ? quantilesOf(this.firstTokens, this.firstTokenValues) : null,
    };
  }

  private usageMeasures(): Record<UsageMeasure, number> {
    const measures: Partial<Record<UsageMeasure, number>> = {};
    for (const { name } of MEASURED_SUMS) measures[name] = this.sum(name);
    return measures as Record<UsageMeasure, number>;
  }
}

/** Shared by all groups, whose histograms are merged one group at a time. */
const merged = new LogHistogram();

function quantilesOf(histograms: readonly Uint8Array[], values: readonly number[]): Quantiles | null {
  merged.clear();
  for (const histogram of histograms) merged.mergeBytes(histogram);
  for (const value of values) merged.add(value);
  const { count } = merged;
  if (count === 0) return null;
  const [p50, p90, p95, p99, max] = merged.quantiles([0.5, 0.9, 0.95, 0.99, 1]) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { count, p50, p90, p95, p99, max };
}

import { UNITS_PER_USD, usdOf } from '../../call/usd.js';
import { LogHistogram } from '../log-histogram.js';
import type { Measures, Quantiles } from '../measures.js';
import { addSumsBytes } from '../sums-bytes.js';
import { MONEY, SUMS, type Sum } from '../tally.js';
import type { Rollup } from './rollup-scan.js';

const INDEX = Object.fromEntries(SUMS.map((sum, index) => [sum, index])) as Record<Sum, number>;

/** Rollups added up: those of one group, or of one bucket of it. */
export class Found {
  private readonly sums = new Float64Array(SUMS.length);
  /** Whole dollars of the sums that are money: all of it is more than a number holds exactly. */
  private readonly dollars = { costUnits: 0, estimatedCostUnits: 0, retryCostUnits: 0 };
  /** Histograms as they are stored: they are put together one group at a time. */
  private readonly durations: Uint8Array[] = [];
  private readonly firstTokens: Uint8Array[] = [];

  constructor(private readonly quantiles: boolean) {}

  add({ sums, duration, firstToken }: Rollup): void {
    addSumsBytes(this.sums, sums);
    this.carryDollars();
    if (!this.quantiles) return;
    this.durations.push(duration);
    this.firstTokens.push(firstToken);
  }

  /** Adds what another one has found. */
  merge(other: Found): void {
    for (const [index, sum] of other.sums.entries()) this.sums[index]! += sum;
    for (const sum of MONEY) this.dollars[sum] += other.dollars[sum];
    this.carryDollars();
    this.durations.push(...other.durations);
    this.firstTokens.push(...other.firstTokens);
  }

  sum(name: Sum): number {
    return this.sums[INDEX[name]]!;
  }

  private carryDollars(): void {
    for (const sum of MONEY) {
      const units = this.sums[INDEX[sum]]!;
      if (units < UNITS_PER_USD) continue;
      this.dollars[sum] += Math.floor(units / UNITS_PER_USD);
      this.sums[INDEX[sum]] = units % UNITS_PER_USD;
    }
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
      inputTokens: sum('inputTokens'),
      cachedInputTokens: sum('cachedInputTokens'),
      cacheWriteTokens: sum('cacheWriteTokens'),
      outputTokens: sum('outputTokens'),
      reasoningTokens: sum('reasoningTokens'),
      attempts: sum('attempts'),
      retries: sum('retries'),
      rateLimitedAttempts: sum('rateLimitedAttempts'),
      retriedCalls: sum('retriedCalls'),
      recoveredCalls: sum('recoveredCalls'),
      retryTimeMs: sum('retryTimeMs'),
      retryCostUsd: usd('retryCostUnits'),
      duration: this.quantiles ? quantilesOf(this.durations) : null,
      firstToken: this.quantiles ? quantilesOf(this.firstTokens) : null,
    };
  }
}

/** Histograms are put together here, one group after the other. */
const merged = new LogHistogram();

function quantilesOf(histograms: readonly Uint8Array[]): Quantiles | null {
  merged.clear();
  for (const histogram of histograms) merged.mergeBytes(histogram);
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

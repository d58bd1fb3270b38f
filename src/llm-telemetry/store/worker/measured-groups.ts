import { UNITS_PER_USD, usdOf } from '../../call/usd.js';
import { StoreQueryError } from '../call-store.js';
import { LogHistogram } from '../log-histogram.js';
import type {
  Dimension,
  MeasuredBucket,
  MeasuredGroup,
  Measures,
  Quantiles,
  UnpricedModel,
} from '../measures.js';
import { addSumsBytes } from '../sums-bytes.js';
import { MONEY, SUMS, type Sum } from '../tally.js';
import type { Names } from './names.js';

/** Buckets of one answer, over all of its groups. */
const MAX_BUCKETS = 100_000;

/** A rollup as it is stored. */
export interface Rollup {
  readonly start: number;
  readonly series: number;
  readonly sums: Uint8Array;
  /** With quantiles only. */
  readonly duration: Uint8Array;
  readonly firstToken: Uint8Array;
}

const INDEX = Object.fromEntries(SUMS.map((sum, index) => [sum, index])) as Record<Sum, number>;

/** What is found of one group, or of one bucket of it. */
class Found {
  private readonly sums = new Float64Array(SUMS.length);
  /** Whole dollars of the sums that are money: all of it is more than a number holds exactly. */
  private readonly dollars = { costUnits: 0, estimatedCostUnits: 0, retryCostUnits: 0 };
  /** Histograms as they are stored: they are put together one group at a time. */
  private readonly durations: Uint8Array[] = [];
  private readonly firstTokens: Uint8Array[] = [];

  add({ sums, duration, firstToken }: Rollup, quantiles: boolean): void {
    addSumsBytes(this.sums, sums);
    for (const sum of MONEY) {
      const units = this.sums[INDEX[sum]]!;
      if (units < UNITS_PER_USD) continue;
      this.dollars[sum] += Math.floor(units / UNITS_PER_USD);
      this.sums[INDEX[sum]] = units % UNITS_PER_USD;
    }
    if (!quantiles) return;
    this.durations.push(duration);
    this.firstTokens.push(firstToken);
  }

  sum(name: Sum): number {
    return this.sums[INDEX[name]]!;
  }

  measures(quantiles: boolean): Measures {
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
      duration: quantiles ? quantilesOf(this.durations) : null,
      firstToken: quantiles ? quantilesOf(this.firstTokens) : null,
    };
  }
}

interface FoundGroup {
  readonly ids: readonly number[];
  readonly whole: Found;
  readonly buckets: Map<number, Found>;
}

/** What is found, by the names that were asked for and by the time. */
export class MeasuredGroups {
  private readonly groups = new Map<string, FoundGroup>();
  private buckets = 0;

  constructor(
    private readonly by: readonly Dimension[],
    private readonly names: Names,
    private readonly quantiles: boolean,
  ) {
    if (by.length === 0) this.group([]);
  }

  add(ids: readonly number[], at: number | null, rollup: Rollup): void {
    const group = this.group(ids);
    group.whole.add(rollup, this.quantiles);
    if (at !== null) this.bucket(group, at).add(rollup, this.quantiles);
  }

  measured(): MeasuredGroup[] {
    const { by, names, quantiles } = this;
    return [...this.groups.values()]
      .map(({ ids, whole, buckets }) => ({
        names: Object.fromEntries(by.map((dimension, index) => [dimension, names.textOf(ids[index]!)])),
        measures: whole.measures(quantiles),
        buckets: [...buckets]
          .sort(([one], [other]) => one - other)
          .map(([at, found]): MeasuredBucket => ({ at, measures: found.measures(quantiles) })),
      }))
      .sort(
        ({ measures: one }, { measures: other }) => other.costUsd - one.costUsd || other.calls - one.calls,
      );
  }

  /** Where the groups are providers and models: those without a price. */
  unpriced(): UnpricedModel[] {
    return [...this.groups.values()]
      .filter(({ whole }) => whole.sum('unpricedCalls') > 0 || whole.sum('unpricedInputTokens') > 0)
      .map(({ ids: [provider, model], whole }) => ({
        provider: this.names.textOf(provider!),
        model: this.names.textOf(model!),
        calls: whole.sum('unpricedCalls'),
        inputTokens: whole.sum('unpricedInputTokens'),
        outputTokens: whole.sum('unpricedOutputTokens'),
      }))
      .sort((one, other) => other.calls - one.calls || other.inputTokens - one.inputTokens);
  }

  private group(ids: readonly number[]): FoundGroup {
    const key = ids.join(' ');
    let group = this.groups.get(key);
    if (!group) this.groups.set(key, (group = { ids, whole: new Found(), buckets: new Map() }));
    return group;
  }

  private bucket({ buckets }: FoundGroup, at: number): Found {
    let bucket = buckets.get(at);
    if (!bucket) {
      if (++this.buckets > MAX_BUCKETS)
        throw new StoreQueryError('These are too many buckets: make them longer.');
      buckets.set(at, (bucket = new Found()));
    }
    return bucket;
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

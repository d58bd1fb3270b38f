import { usdOf } from '../../units/usd.js';
import { LogHistogram } from '../log-histogram.js';
import {
  CARRIED_SUMS,
  HISTOGRAM_MEASURES,
  NO_MEASURES,
  QUANTILE_NAMES,
  QUANTILE_TABLE,
  SUM_INDEX,
  SUMMED_MEASURES,
  type SummedMeasure,
  type SumName,
} from '../measure-table.js';
import type { Measures, Quantiles } from '../measures.js';
import { addStoredSums, noSums, subtractSums } from '../sums.js';
import type { StoredMeasures } from './backend.js';
import type { CallPart } from './call-parts.js';

/** Adds up rollups and calls of one group, or of one bucket of a group. */
export class MeasureTotal {
  private readonly sums = noSums();
  /** Values of `HISTOGRAM_MEASURES`; `null` without quantiles. */
  private readonly distributions: readonly Distribution[] | null;

  constructor(quantiles: boolean) {
    this.distributions = quantiles ? HISTOGRAM_MEASURES.map(() => ({ histograms: [], values: [] })) : null;
  }

  add({ sums, histograms }: StoredMeasures): void {
    addStoredSums(this.sums, sums);
    this.distributions?.forEach((own, index) => own.histograms.push(histograms[index]!));
  }

  /** Adds a part of one call. */
  addPart({ sums, values }: CallPart): void {
    addStoredSums(this.sums, sums);
    this.distributions?.forEach((own, index) => {
      const value = values[index] ?? null;
      if (value !== null) own.values.push(value);
    });
  }

  /** Adds the sums and values of another instance. */
  merge(other: MeasureTotal): void {
    addStoredSums(this.sums, other.sums);
    this.distributions?.forEach(({ histograms, values }, index) => {
      for (const histogram of other.distributions?.[index]!.histograms ?? []) histograms.push(histogram);
      for (const value of other.distributions?.[index]!.values ?? []) values.push(value);
    });
  }

  /** True if nothing was counted. */
  get isEmpty(): boolean {
    return this.sum('calls') === 0 && this.sum('attempts') === 0;
  }

  /** Subtracts the sums of other instances. */
  subtract(others: Iterable<MeasureTotal>): void {
    for (const other of others) subtractSums(this.sums, other.sums);
  }

  sum(name: SumName): number {
    return this.sums[SUM_INDEX[name]]!;
  }

  measures(): Measures {
    const measures: Record<SummedMeasure, number> = { ...NO_MEASURES };
    for (const name of SUMMED_MEASURES) measures[name] = this.sum(name);
    for (const { name, dollars } of CARRIED_SUMS) measures[name] = usdOf(this.sum(dollars), this.sum(name));
    const quantiles = HISTOGRAM_MEASURES.map((name, index) => [
      name,
      this.distributions && quantilesOf(this.distributions[index]!),
    ]);
    return { ...measures, ...Object.fromEntries(quantiles) } as Measures;
  }
}

/** Values of one histogram measure. */
interface Distribution {
  /** Stored histograms, merged when the quantiles are computed. */
  readonly histograms: Uint8Array[];
  readonly values: number[];
}

/** Shared by all groups, whose histograms are merged one group at a time. */
const merged = new LogHistogram();

function quantilesOf({ histograms, values }: Distribution): Quantiles | null {
  merged.clear();
  for (const histogram of histograms) merged.mergeBytes(histogram);
  for (const value of values) merged.add(value);
  const { count } = merged;
  if (count === 0) return null;
  const quantiles = merged.quantiles(Object.values(QUANTILE_TABLE));
  return {
    count,
    ...Object.fromEntries(QUANTILE_NAMES.map((name, index) => [name, quantiles[index]!])),
  } as Quantiles;
}

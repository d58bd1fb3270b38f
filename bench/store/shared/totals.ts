import type { CallRecord, TimeRange } from 'nestjs-llm-telemetry';
import type { CallStore } from 'nestjs-llm-telemetry/store';

/** Sums of recorded calls, computed apart from the store. */
export interface Totals {
  readonly calls: number;
  readonly failed: number;
  readonly truncated: number;
  readonly attempts: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Units of 10⁻¹² USD. */
  readonly costUnits: number;
}

type Sums = { -readonly [Name in keyof Totals]: Totals[Name] };

const UNITS_PER_USD = 1e12;

/** Adds up calls as they are recorded. Units of a run are far below 2⁵³. */
export class TotalsOfRecords {
  private readonly sums: Sums = {
    calls: 0,
    failed: 0,
    truncated: 0,
    attempts: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUnits: 0,
  };

  get totals(): Totals {
    return { ...this.sums };
  }

  add({ failure, truncated, attempts }: CallRecord): void {
    const { sums } = this;
    sums.calls++;
    sums.failed += Number(failure !== null);
    sums.truncated += Number(truncated);
    sums.attempts += attempts.length;
    for (const { usage, cost } of attempts) {
      sums.inputTokens += usage?.inputTokens ?? 0;
      sums.outputTokens += usage?.outputTokens ?? 0;
      if (cost?.source === 'table') sums.costUnits += Math.round(cost.costUsd * UNITS_PER_USD);
    }
  }

  addTotals(totals: Totals): void {
    for (const name of Object.keys(this.sums) as Array<keyof Totals>) this.sums[name] += totals[name];
  }
}

/** Returns what the store measures. */
export async function measuredTotals(store: CallStore, range: TimeRange): Promise<Totals> {
  const { groups } = await store.measure({ range });
  const { calls, failed, truncated, attempts, inputTokens, outputTokens, costUsd } = groups[0]!.measures;
  return {
    calls,
    failed,
    truncated,
    attempts,
    inputTokens,
    outputTokens,
    costUnits: Math.round(costUsd * UNITS_PER_USD),
  };
}

/** Returns how two totals differ; `null` if they do not. */
export function differenceOf(measured: Totals, recorded: Totals): string | null {
  const names = Object.keys(recorded) as Array<keyof Totals>;
  const different = names.filter((name) => measured[name] !== recorded[name]);
  if (different.length === 0) return null;
  return different.map((name) => `${name} ${measured[name]} instead of ${recorded[name]}`).join(', ');
}

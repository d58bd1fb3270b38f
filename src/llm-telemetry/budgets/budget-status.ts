import type { BudgetAccount } from './budget-account.js';
import type { BudgetPeriodName } from './budget.options.js';
import type { Period } from './period-spend.js';

/** Status of a budget. @publicApi */
export interface BudgetStatus {
  /** Name, also used in alerts: `$10 a day for support_chat`. */
  readonly name: string;
  /** `null`: for a tenant or for all calls. */
  readonly feature: string | null;
  readonly tenant: string | null;
  readonly per: BudgetPeriodName;
  readonly onExceed: 'warn' | 'block';
  /** Current period `[from, to)` in Unix milliseconds: an hour, day or month in UTC. */
  readonly period: { readonly from: number; readonly to: number };
  readonly limitUsd: number;
  readonly spentUsd: number;
  /** True if the period contains calls with unknown cost: at least `spentUsd` was spent. */
  readonly lowerBound: boolean;
  /** Calls with unknown cost. */
  readonly unknownCalls: number;
  readonly exceeded: boolean;
  /** With `block`: estimated USD of calls in flight, not included in `spentUsd`. */
  readonly reservedUsd: number;
  /** With `block`: calls in flight with a reservation. */
  readonly callsInFlight: number;
  /**
   * `responding`: the spend of all instances is known. `away`: the ledger has not responded in this period or for a
   * minute, so `spentUsd` is the spend known to this process. `none`: budgets are not persisted.
   */
  readonly ledger: 'responding' | 'away' | 'none';
  /** Projected USD at the end of the period; `null`: too early in the period. */
  readonly projectedUsd: number | null;
  /**
   * Time when the budget was used up, or its projection, Unix milliseconds. `null`: not in this period, too early in the
   * period, or, if `exceeded`, before this process could observe it.
   */
  readonly usedUpAt: number | null;
}

/** Returns the status of an account at `now`. */
export function statusOf(account: BudgetAccount, ledger: BudgetStatus['ledger'], now: number): BudgetStatus {
  const { name, budget, spend, period, exceeded, exceededAt, slice } = account;
  const { projectedUsd, usedUpAt } = forecast(spend.usd, budget.usd, period, now);
  return {
    name,
    feature: budget.feature ?? null,
    tenant: budget.tenant ?? null,
    per: budget.per,
    onExceed: budget.onExceed,
    period: { from: period.from, to: period.to },
    limitUsd: budget.usd,
    spentUsd: spend.usd,
    lowerBound: spend.unknownCalls > 0,
    unknownCalls: spend.unknownCalls,
    exceeded,
    reservedUsd: slice.reservedUsd,
    callsInFlight: slice.callsInFlight,
    ledger,
    projectedUsd,
    usedUpAt: exceeded ? exceededAt : usedUpAt,
  };
}

/** Status of all budgets, in the order of the options. @publicApi */
export interface BudgetsResponse {
  /** Server time, Unix milliseconds. */
  readonly asOf: number;
  /** Empty without budgets. */
  readonly budgets: readonly BudgetStatus[];
}

/** Elapsed share of a period before which a projection is unreliable. */
const LEAST_PART = 0.05;

/** Linear projection of spend. */
export interface Forecast {
  /** Projected USD at the end of the period; `null`: too early in the period. */
  readonly projectedUsd: number | null;
  /** Time within the period when the budget will be used up; `null`: not in this period, already used up, or too early. */
  readonly usedUpAt: number | null;
}

/** Projects spend linearly to the end of the period. */
export function forecast(spentUsd: number, limitUsd: number, { from, to }: Period, now: number): Forecast {
  const passed = (now - from) / (to - from);
  if (passed < LEAST_PART) return { projectedUsd: null, usedUpAt: null };
  const projectedUsd = spentUsd / Math.min(1, passed);
  const willPass = spentUsd < limitUsd && projectedUsd > limitUsd;
  return { projectedUsd, usedUpAt: willPass ? from + (now - from) * (limitUsd / spentUsd) : null };
}

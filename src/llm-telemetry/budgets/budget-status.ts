import type { BudgetAccount } from './budget-account.js';
import type { BudgetPeriodName } from './budget.options.js';
import { forecast } from './forecast.js';

/** A budget and how it stands. @publicApi */
export interface BudgetStatus {
  /** As alerts name it: `$10 a day for support_chat`. */
  readonly name: string;
  /** `null`: it is for a tenant, or for all calls. */
  readonly feature: string | null;
  readonly tenant: string | null;
  readonly per: BudgetPeriodName;
  readonly onExceed: 'warn' | 'block';
  /** The present period, `[from, to)`, Unix milliseconds: an hour, a day or a month of UTC. */
  readonly period: { readonly from: number; readonly to: number };
  readonly limitUsd: number;
  readonly spentUsd: number;
  /** True where calls in it cost something that is not known: at least `spentUsd` was spent. */
  readonly lowerBound: boolean;
  /** Calls of that kind. */
  readonly unknownCalls: number;
  readonly exceeded: boolean;
  /** With `block`: USD that calls in flight are expected to cost, not part of `spentUsd`. */
  readonly reservedUsd: number;
  /** With `block`: calls in flight that have reserved something. */
  readonly callsInFlight: number;
  /**
   * `answered`: what was spent by every instance is known. `away`: the ledger has not answered in this period yet, or not
   * for a minute, so `spentUsd` is what this process knows. `none`: budgets are not persisted.
   */
  readonly ledger: 'answered' | 'away' | 'none';
  /** USD that will have been spent at the end of the period, at the pace it has had so far; `null`: too early to tell. */
  readonly projectedUsd: number | null;
  /**
   * When it was used up, else when it will be at that pace, Unix milliseconds. `null`: not in this period, or too early to
   * tell; where it is `exceeded`, that was before this process could see it.
   */
  readonly usedUpAt: number | null;
}

/** How an account stands at `now`. */
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

import type { BudgetPeriodName } from './budget.options.js';

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
  /** USD that will have been spent at the end of the period, at the pace it has had so far; `null`: too early to tell. */
  readonly projectedUsd: number | null;
  /**
   * When it was used up, else when it will be at that pace, Unix milliseconds. `null`: not in this period, or too early to
   * tell; where it is `exceeded`, that was before this process could see it.
   */
  readonly usedUpAt: number | null;
}

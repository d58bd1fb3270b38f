import type { BudgetShare, BudgetShareRequest } from '../store/fleet.js';
import type { Budget } from './budget.options.js';

/**
 * Tracks the spend of budgets. The default ledger reads the application's store. Instances without a shared store can count
 * together with a ledger on a shared database, set with the option `budgetLedger`.
 *
 * The ledger is queried at the start and every 15 seconds, never during a call: between two responses, each instance knows
 * its own spend, but not that of others. Until the first response it is queried every second. While it does not respond,
 * each instance continues with the spend it knows, or refuses calls (`whenAway`).
 *
 * @publicApi
 */
export interface BudgetLedger {
  /** Returns the spend of all instances in a period so far. */
  spent(account: LedgerAccount): Promise<LedgerSpend>;
  /**
   * Adds the spend of this instance since the last call that resolved. If it rejects, the same spend is sent again.
   * Nothing else is sent before it has settled. Omit it if the ledger learns about calls by itself.
   */
  add?(account: LedgerAccount, spend: Spend): Promise<void>;
  /**
   * Reports what this instance has spent of a budget with `block`, and grants it a share of the rest that it can spend
   * without asking. Called ahead of need and beside all calls, in addition to `spent` and `add`. With it, instances exceed a
   * limit together only by what calls in flight cost above their estimate.
   */
  shareBudget?(request: BudgetShareRequest): Promise<BudgetShare>;
  /** Closes connections. Called when the application stops, after the last `add`. */
  close?(): Promise<void>;
}

/** One budget in one period. @publicApi */
export interface LedgerAccount {
  /** Unique key, the same in every instance and after a restart: `feature=support_chat/day/2026-11-24T00:00:00.000Z`. */
  readonly key: string;
  readonly budget: Budget;
  /** `[from, to)`, Unix milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** Spend of a number of calls. @publicApi */
export interface Spend {
  readonly usd: number;
  /** Calls with unknown cost. If not 0, `usd` is a lower bound. */
  readonly unknownCalls: number;
}

/** Response of a ledger. @publicApi */
export interface LedgerSpend extends Spend {
  /**
   * True if a part of the spend is not readable at the moment, for example because the store's file is locked. The response
   * is a lower bound, and the ledger is queried again soon.
   * @defaultValue false
   */
  readonly partial?: boolean | undefined;
}

/** A ledger does not respond, and has logged it. */
export class LedgerAwayError extends Error {
  override readonly name = 'LedgerAwayError';
}

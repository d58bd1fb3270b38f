import type { Budget } from './budget.options.js';

/**
 * Counts what is spent on budgets. The default one reads the application's store. Several instances that share no store
 * count together with one that has a database in common, given as the option `budgetLedger`.
 *
 * It is asked at the start and every 15 seconds, never in the way of a call: between two answers each instance knows what
 * it has spent itself, and not what others have. Until the first answer it is asked every second. While the ledger does not
 * answer, each goes on with what it knows, or refuses calls (`whenAway`).
 *
 * @publicApi
 */
export interface BudgetLedger {
  /** All that was spent in a period until now, by every instance. */
  spent(account: LedgerAccount): Promise<LedgerSpend>;
  /**
   * Takes what this instance has spent since the last time that this resolved. Where it rejects, that comes again. Leave it
   * out where the ledger learns of calls by itself.
   */
  add?(account: LedgerAccount, spend: Spend): Promise<void>;
}

/** One budget in one period: what is counted for itself. @publicApi */
export interface LedgerAccount {
  /** The same in every instance and after a restart, and for no other budget and period: `feature=support_chat/day/2026-11-24T00:00:00.000Z`. */
  readonly key: string;
  readonly budget: Budget;
  /** `[from, to)`, Unix milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** @publicApi */
export interface Spend {
  readonly usd: number;
  /** Calls that cost something that is not known: with any, `usd` is a lower bound. */
  readonly unknownCalls: number;
}

/** What a ledger answers. @publicApi */
export interface LedgerSpend extends Spend {
  /**
   * True: a part of what was spent cannot be read now, such as the file of a store that is locked. The answer is a lower
   * bound, and the ledger is asked again soon.
   * @defaultValue false
   */
  readonly partial?: boolean | undefined;
}

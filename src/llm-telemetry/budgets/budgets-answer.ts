import type { BudgetStatus } from './budget-status.js';

/** Status of all budgets, in the order of the options. @publicApi */
export interface BudgetsAnswer {
  /** Server time, Unix milliseconds. */
  readonly asOf: number;
  /** Empty without budgets. */
  readonly budgets: readonly BudgetStatus[];
}

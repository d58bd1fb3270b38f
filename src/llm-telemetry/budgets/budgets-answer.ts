import type { BudgetStatus } from './budget-status.js';

/** The application's budgets, in the order in which it gives them, and how they stand. @publicApi */
export interface BudgetsAnswer {
  /** By the server's clock. */
  readonly asOf: number;
  /** Empty: it has none. */
  readonly budgets: readonly BudgetStatus[];
}

/** Source of projected spend for `budget_burn`, implemented by budgets. */
export interface BudgetPaces {
  /** Returns the projected spend of every budget. */
  paces(now: number): Promise<readonly BudgetPace[]>;
}

/** Projected spend of one budget. */
export interface BudgetPace {
  readonly name: string;
  /** USD allowed in the period. */
  readonly limitUsd: number;
  /** Projected USD at the end of the period; `null`: too early in the period. */
  readonly projectedUsd: number | null;
}

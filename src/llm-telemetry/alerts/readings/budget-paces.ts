/** What alerts ask of budgets; `budget_burn` has nothing to watch until something answers it. */
export interface BudgetPaces {
  /** Every budget at its present pace. */
  paces(now: number): Promise<readonly BudgetPace[]>;
}

export interface BudgetPace {
  readonly name: string;
  /** USD that the period allows. */
  readonly limitUsd: number;
  /** USD that will have been spent when the period ends; `null`: too little of it has passed to tell. */
  readonly projectedUsd: number | null;
}

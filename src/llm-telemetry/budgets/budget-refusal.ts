import { LlmBudgetExceededError } from '../calls/budget-exceeded.error.js';
import type { BudgetAccount, Obstacle } from './budget-account.js';

/** Creates the error of a call that does not fit into a budget. */
export function refusal(
  { name, budget, spend, period, slice }: BudgetAccount,
  reason: Obstacle,
  now: number,
): LlmBudgetExceededError {
  return new LlmBudgetExceededError(
    {
      name,
      limitUsd: budget.usd,
      spentUsd: spend.usd,
      reservedUsd: slice.reservedUsd,
      until: period.to,
      reason,
    },
    now,
  );
}

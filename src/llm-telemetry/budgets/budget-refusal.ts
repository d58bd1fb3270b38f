import { LlmBudgetExceededError } from '../calls/budget-exceeded.error.js';
import type { BudgetAccount, Obstacle } from './budget-account.js';

/** The error of a call that has no room in a budget. */
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

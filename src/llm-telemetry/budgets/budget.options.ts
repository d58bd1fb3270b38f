/**
 * How much may be spent, on a feature, for a tenant, or in all. Periods begin on the hour, at midnight and on the first of
 * the month, in UTC.
 *
 * @publicApi
 */
export interface Budget {
  /** What calls of this feature cost. A call in another one counts for its own feature alone. */
  readonly feature?: string | undefined;
  /** What calls for this tenant cost, as `requestContext` names it. Not together with `feature`. */
  readonly tenant?: string | undefined;
  /** USD for each period. */
  readonly usd: number;
  readonly per: BudgetPeriodName;
  /**
   * What happens once it is used up. `warn`: it is logged once for each period, and calls from then on are marked
   * (`llm.budget_exceeded`). `block`: annotated calls also fail with an `LlmBudgetExceededError`, before anything is sent.
   * What already runs goes on, and may spend more. Requests outside of annotated calls are counted, and never refused.
   */
  readonly onExceed: 'warn' | 'block';
}

/** @publicApi */
export type BudgetPeriodName = 'hour' | 'day' | 'month';

export const PERIODS: readonly BudgetPeriodName[] = ['hour', 'day', 'month'];

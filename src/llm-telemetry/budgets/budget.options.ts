/**
 * A spend limit for a feature, a tenant or all calls. Periods start on the hour, at midnight or on the first of the month,
 * in UTC.
 * @example { feature: 'support_chat', usd: 10, per: 'day', onExceed: 'block' }
 *
 * @publicApi
 */
export interface Budget {
  /** Limits the calls of this feature. A nested call counts only for its own feature. */
  readonly feature?: string | undefined;
  /** Limits the calls for this tenant, as returned by `requestContext`. Cannot be combined with `feature`. */
  readonly tenant?: string | undefined;
  /** Limit in USD per period. */
  readonly usd: number;
  readonly per: BudgetPeriodName;
  /**
   * Behavior when the budget is used up. `warn`: one warning is logged per period, and later calls are marked
   * (`llm.budget_exceeded`). `block`: annotated calls also fail with an `LlmBudgetExceededError` before anything is sent.
   * Each annotated call in flight reserves its estimated cost, so that concurrent calls cannot exceed the rest together.
   * Running calls are not interrupted and can cost more than their estimate. Requests outside of annotated calls are
   * counted, but never refused.
   */
  readonly onExceed: 'warn' | 'block';
  /**
   * With `block`: USD reserved by a call in flight if its cost cannot be estimated from earlier calls of its feature and
   * operation or from its first request.
   * @defaultValue 0.01
   */
  readonly estimateUsd?: number | undefined;
  /**
   * With `block`: behavior while the spend of the period is unknown, because the ledger has not responded yet or for a
   * minute. `admit`: calls are admitted based on the spend known to this process. `refuse`: calls fail with an
   * `LlmBudgetExceededError`.
   * @defaultValue 'admit'
   */
  readonly whenAway?: 'admit' | 'refuse' | undefined;
}

/** Length of a budget period. @publicApi */
export type BudgetPeriodName = 'hour' | 'day' | 'month';

export const PERIODS: readonly BudgetPeriodName[] = ['hour', 'day', 'month'];

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
   * Each annotated call in flight reserves its estimated cost, so that calls at the same time cannot all take what is left.
   * A call that runs is not interrupted, and may cost more than its estimate. Requests outside of annotated calls are
   * counted, and never refused.
   */
  readonly onExceed: 'warn' | 'block';
  /**
   * With `block`: USD that a call in flight reserves if its cost cannot be estimated, neither from earlier calls of its
   * feature and operation nor from its first request.
   * @defaultValue 0.01
   */
  readonly estimateUsd?: number | undefined;
  /**
   * With `block`: what happens to calls while the spend of this period is not known, because the ledger has not answered yet
   * or not for a minute. `admit`: they are admitted by the spend that this process knows. `refuse`: they fail with an
   * `LlmBudgetExceededError`.
   * @defaultValue 'admit'
   */
  readonly whenAway?: 'admit' | 'refuse' | undefined;
}

/** @publicApi */
export type BudgetPeriodName = 'hour' | 'day' | 'month';

export const PERIODS: readonly BudgetPeriodName[] = ['hour', 'day', 'month'];

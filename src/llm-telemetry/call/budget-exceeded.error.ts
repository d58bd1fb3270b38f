/** The budget that a call was refused for. @publicApi */
export interface ExceededBudget {
  /** As alerts and the dashboard call it: `$10 a day for support_chat`. */
  readonly name: string;
  readonly limitUsd: number;
  /** What had been spent when the call was refused. At least that much, where something has no known cost. */
  readonly spentUsd: number;
  /** When its next period begins, Unix milliseconds. */
  readonly until: number;
}

/**
 * A call was not begun, because a budget with `onExceed: 'block'` is used up. Nothing was sent to a provider. Its message
 * holds nothing of a request.
 *
 * @publicApi
 */
export class LlmBudgetExceededError extends Error {
  override readonly name = 'LlmBudgetExceededError';
  /** How long it is until the budget's next period, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(
    readonly budget: ExceededBudget,
    now: number,
  ) {
    super(`The budget of ${budget.name} is used up until ${new Date(budget.until).toISOString()}.`);
    this.retryAfterMs = Math.max(0, budget.until - now);
  }
}

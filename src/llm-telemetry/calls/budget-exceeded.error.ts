/** The budget that a call was refused for. @publicApi */
export interface ExceededBudget {
  /** As alerts and the dashboard call it: `$10 a day for support_chat`. */
  readonly name: string;
  readonly limitUsd: number;
  /** What had been spent when the call was refused. At least that much, where something has no known cost. */
  readonly spentUsd: number;
  /** What calls in flight were expected to cost, in USD. */
  readonly reservedUsd: number;
  /** When its next period begins, Unix milliseconds. */
  readonly until: number;
  /**
   * `spent`: the budget is used up. `reserved`: calls in flight may use up what is left. `ledger_away`: the spend is not
   * known, and the budget has `whenAway: 'refuse'`.
   */
  readonly reason: 'spent' | 'reserved' | 'ledger_away';
}

/** How long a refusal is worth waiting for that the end of another call, or the answer of a ledger, can lift. */
const SOON_MS = 1000;

/**
 * A call was refused, because a budget with `onExceed: 'block'` has no room for it. Nothing was sent to a provider. Its
 * message holds nothing of a request.
 *
 * @publicApi
 */
export class LlmBudgetExceededError extends Error {
  override readonly name = 'LlmBudgetExceededError';
  /**
   * How long it is until the budget's next period, in milliseconds; 1,000 at most if the budget can have room before that.
   */
  readonly retryAfterMs: number;

  constructor(
    readonly budget: ExceededBudget,
    now: number,
  ) {
    super(messageOf(budget));
    const left = Math.max(0, budget.until - now);
    this.retryAfterMs = budget.reason === 'spent' ? left : Math.min(SOON_MS, left);
  }
}

function messageOf({ name, until, reason }: ExceededBudget): string {
  switch (reason) {
    case 'spent':
      return `The budget of ${name} is used up until ${new Date(until).toISOString()}.`;
    case 'reserved':
      return `The rest of the budget of ${name} is reserved for calls in flight.`;
    case 'ledger_away':
      return `The spend of the budget of ${name} is not known, because its ledger has not answered.`;
  }
}

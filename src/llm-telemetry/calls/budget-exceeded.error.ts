import { hasErrorCode } from '../runtime/error-class.js';

/** The budget that caused the refusal of a call. @publicApi */
export interface ExceededBudget {
  /** Name in alerts and the dashboard, such as `$10 a day for support_chat`. */
  readonly name: string;
  /** Limit per period, in USD. */
  readonly limitUsd: number;
  /** Spend of the period when the call was refused, in USD. A lower bound if a call has an unknown cost. */
  readonly spentUsd: number;
  /** Estimated cost of calls in flight, in USD. */
  readonly reservedUsd: number;
  /** Start of the next period, Unix milliseconds. */
  readonly until: number;
  /**
   * `spent`: the budget is used up. `reserved`: calls in flight may use up the rest. `ledger_away`: the spend is unknown,
   * and the budget has `whenAway: 'refuse'`.
   */
  readonly reason: 'spent' | 'reserved' | 'ledger_away';
}

/** Wait for refusals that can end before the next period: another call ends, or the ledger responds. */
const SOON_MS = 1000;

/**
 * Thrown when a budget with `onExceed: 'block'` refuses a call. No request was sent to a provider. The message contains
 * no content of a request.
 *
 * @publicApi
 */
export class LlmBudgetExceededError extends Error {
  /** Also matches errors of other copies of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasErrorCode(this, LlmBudgetExceededError, 'LLM_TELEMETRY_BUDGET_EXCEEDED', value);
  }

  override readonly name = 'LlmBudgetExceededError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_BUDGET_EXCEEDED';
  /**
   * Time until the budget's next period, in milliseconds; at most 1,000 if calls can be admitted before that (`reason` is
   * `reserved` or `ledger_away`).
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
      return `Call refused: the budget "${name}" is used up until ${new Date(until).toISOString()}.`;
    case 'reserved':
      return `Call refused: the rest of the budget "${name}" is reserved for calls in flight.`;
    case 'ledger_away':
      return `Call refused: the spend of the budget "${name}" is unknown because its ledger has not responded.`;
  }
}

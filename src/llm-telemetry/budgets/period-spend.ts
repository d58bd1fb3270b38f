import { within } from './within.js';
import type { BudgetLedger, LedgerAccount, LedgerSpend, Spend } from './budget-ledger.js';
import { NOTHING, sumOfSpend } from './spend-of-call.js';

/** A ledger that takes longer is asked again. */
const ASK_WITHIN_MS = 10_000;

/**
 * What is known to have been spent on one budget in one period: what the ledger said last, and what this process has added
 * since. It never becomes less: money that is spent stays spent, whatever a ledger forgets.
 */
export class PeriodSpend {
  spend: Spend = NOTHING;
  /** When it was seen to be used up; `null`: it is not, or was before this process could see. */
  exceededAt: number | null = null;
  /** Whether it was logged that it is used up. */
  logged = false;
  /** What the ledger does not know of yet. */
  private own: Spend = NOTHING;

  /** @param answered - whether all that others have spent in this period is known. */
  constructor(
    readonly account: LedgerAccount,
    public answered: boolean,
  ) {}

  get exceeded(): boolean {
    return this.spend.usd >= this.account.budget.usd;
  }

  /** Whether there is spend that the ledger does not have yet. */
  get unsent(): boolean {
    return this.own.usd > 0 || this.own.unknownCalls > 0;
  }

  has(now: number): boolean {
    return now >= this.account.from && now < this.account.to;
  }

  add(spend: Spend, now: number): void {
    const before = this.exceeded;
    this.own = sumOfSpend(this.own, spend);
    this.spend = sumOfSpend(this.spend, spend);
    if (this.exceeded && !before) this.exceededAt = now;
  }

  /** Sends what the ledger does not know. Rejects as the ledger does, and keeps it then. */
  async send(ledger: BudgetLedger): Promise<void> {
    const sent = this.own;
    this.own = NOTHING;
    try {
      await ledger.add?.(this.account, sent);
    } catch (error) {
      this.own = sumOfSpend(sent, this.own);
      throw error;
    }
  }

  /** Asks what was spent by every instance. Returns whether the answer was complete. Rejects as the ledger does. */
  async ask(ledger: BudgetLedger): Promise<boolean> {
    // A ledger that learns of calls by itself knows all those until now, and none of those from now on.
    if (!ledger.add) this.own = NOTHING;
    const answer = checked(await within(ASK_WITHIN_MS, ledger.spent(this.account)));
    const all = sumOfSpend(answer, this.own);
    this.spend = {
      usd: Math.max(this.spend.usd, all.usd),
      unknownCalls: Math.max(this.spend.unknownCalls, all.unknownCalls),
    };
    const complete = answer.partial !== true;
    this.answered ||= complete;
    return complete;
  }
}

/** A ledger of the application can answer anything. */
function checked({ usd, unknownCalls, partial }: LedgerSpend): LedgerSpend {
  if (Number.isFinite(usd) && Number.isFinite(unknownCalls)) return { usd, unknownCalls, partial };
  throw new TypeError('The ledger of budgets did not answer with numbers.');
}

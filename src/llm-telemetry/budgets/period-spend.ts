import { within } from './within.js';
import type { BudgetLedger, LedgerAccount, LedgerSpend, Spend } from './budget-ledger.js';
import { NOTHING, sumOfSpend } from './spend-of-call.js';

/** Timeout of a ledger query. */
const LEDGER_TIMEOUT_MS = 10_000;

/**
 * Known spend of one budget in one period: the last response of the ledger plus the spend of this process since then. It
 * never decreases, even if the ledger loses data.
 */
export class PeriodSpend {
  spend: Spend = NOTHING;
  /** Time when the budget was observed to be used up; `null`: it is not, or was used up before this process. */
  exceededAt: number | null = null;
  /** True if the warning was logged. */
  logged = false;
  /** Spend that the ledger does not know yet. */
  private own: Spend = NOTHING;

  /** @param answered - whether the spend of other instances in this period is known */
  constructor(
    readonly account: LedgerAccount,
    public answered: boolean,
  ) {}

  get exceeded(): boolean {
    return this.spend.usd >= this.account.budget.usd;
  }

  /** True if there is spend that was not sent to the ledger. */
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

  /** Sends unsent spend. If the ledger rejects, this rejects and keeps it. */
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

  /** Reads the spend of all instances. Returns whether the response is complete. Rejects if the ledger does. */
  async read(ledger: BudgetLedger): Promise<boolean> {
    // A ledger without `add` already knows all calls so far, and none after this query.
    if (!ledger.add) this.own = NOTHING;
    const answer = checked(await within(LEDGER_TIMEOUT_MS, ledger.spent(this.account)));
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

/** Validates the response of an application's ledger. */
function checked({ usd, unknownCalls, partial }: LedgerSpend): LedgerSpend {
  if (Number.isFinite(usd) && Number.isFinite(unknownCalls)) return { usd, unknownCalls, partial };
  throw new TypeError('budgetLedger.spent() must resolve to { usd, unknownCalls } with finite numbers.');
}

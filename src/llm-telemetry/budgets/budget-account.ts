import type { CallName } from '../call/call.js';
import type { RequestIdentity } from '../call/request-scope.js';
import type { BudgetLedger, LedgerAccount, Spend } from './budget-ledger.js';
import { budgetName } from './budget-name.js';
import { periodAt } from './budget-period.js';
import type { Budget } from './budget.options.js';
import { NOTHING, sumOfSpend } from './spend-of-call.js';

/**
 * One budget, and what is known to have been spent on it in the present period: what the ledger said last, and what this
 * process has added since. It never becomes less: money that is spent stays spent, whatever a ledger forgets.
 */
export class BudgetAccount {
  readonly name: string;
  spend: Spend = NOTHING;
  /** When it was seen to be used up; `null`: it is not, or was before this process could see. */
  exceededAt: number | null = null;
  private told = false;
  private account: LedgerAccount;
  /** What the ledger does not know of yet. */
  private own: Spend = NOTHING;

  constructor(
    readonly budget: Budget,
    now: number,
    /** Told once in each period in which it is used up. */
    private readonly onExceeded: (account: BudgetAccount) => void,
  ) {
    this.name = budgetName(budget);
    this.account = accountAt(budget, now);
  }

  get exceeded(): boolean {
    return this.spend.usd >= this.budget.usd;
  }

  /** The present period. */
  get period(): LedgerAccount {
    return this.account;
  }

  covers({ feature }: CallName, { tenantId }: RequestIdentity): boolean {
    const { budget } = this;
    return budget.feature !== undefined
      ? budget.feature === feature
      : budget.tenant === undefined || budget.tenant === tenantId;
  }

  /** Begins a new period where the last one has ended. */
  moveTo(now: number): void {
    if (now < this.account.to) return;
    this.account = accountAt(this.budget, now);
    this.spend = NOTHING;
    this.own = NOTHING;
    this.exceededAt = null;
    this.told = false;
  }

  /** Adds what a call has cost that ended at `endedAt`. */
  add(spend: Spend, endedAt: number): void {
    if (endedAt < this.account.from) return;
    this.own = sumOfSpend(this.own, spend);
    const before = this.exceeded;
    this.spend = sumOfSpend(this.spend, spend);
    if (this.exceeded && !before) this.exceededAt = endedAt;
    this.tell();
  }

  /** Tells the ledger and asks it. Rejects as the ledger does. */
  async sync(ledger: BudgetLedger): Promise<void> {
    const { account } = this;
    const sent = this.own;
    this.own = NOTHING;
    if (ledger.add && (sent.usd > 0 || sent.unknownCalls > 0)) {
      try {
        await ledger.add(account, sent);
      } catch (error) {
        if (this.account === account) this.own = sumOfSpend(sent, this.own);
        throw error;
      }
    }
    const known = await ledger.spent(account);
    if (this.account !== account) return;
    const all = sumOfSpend(checked(known), this.own);
    this.spend = {
      usd: Math.max(this.spend.usd, all.usd),
      unknownCalls: Math.max(this.spend.unknownCalls, all.unknownCalls),
    };
    this.tell();
  }

  private tell(): void {
    if (this.told || !this.exceeded) return;
    this.told = true;
    this.onExceeded(this);
  }
}

function accountAt(budget: Budget, now: number): LedgerAccount {
  const { feature, tenant, per } = budget;
  const period = periodAt(per, now);
  const whom =
    feature !== undefined ? `feature=${feature}` : tenant !== undefined ? `tenant=${tenant}` : 'all';
  return { key: `${whom}/${per}/${new Date(period.from).toISOString()}`, budget, ...period };
}

/** A ledger of an application's own can answer anything. */
function checked({ usd, unknownCalls }: Spend): Spend {
  if (Number.isFinite(usd) && Number.isFinite(unknownCalls)) return { usd, unknownCalls };
  throw new TypeError('The ledger of budgets did not answer with numbers.');
}

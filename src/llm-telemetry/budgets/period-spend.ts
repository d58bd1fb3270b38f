import { isCostUnknown, knownCostOf } from '../calls/outcome.js';
import type { CallRecord } from '../calls/record.js';
import { DAY, HOUR } from '../units/time.js';
import { sumUsd } from '../units/usd.js';
import type { BudgetLedger, LedgerAccount, LedgerSpend, Spend } from './budget-ledger.js';
import type { BudgetPeriodName } from './budget.options.js';

/** Timeout of a request to the ledger. */
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
  /** The last response of the ledger, USD. */
  ledgerUsd = 0;
  /** Spend that the ledger does not know yet. */
  private own: Spend = NOTHING;
  private sending = false;

  /** @param known - whether the spend of other instances in this period is known */
  constructor(
    readonly account: LedgerAccount,
    public known: boolean,
  ) {}

  get exceeded(): boolean {
    return this.spend.usd >= this.account.budget.usd;
  }

  /** True if there is spend that was not sent to the ledger. */
  get unsent(): boolean {
    return this.own.usd > 0 || this.own.unknownCalls > 0;
  }

  /** True if there is unsent spend and the ledger has settled the spend before it, which it may have counted. */
  get canSend(): boolean {
    return this.unsent && !this.sending;
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
    await withTimeout(this.addTo(ledger), LEDGER_TIMEOUT_MS);
  }

  private async addTo(ledger: BudgetLedger): Promise<void> {
    const sent = this.own;
    this.own = NOTHING;
    this.sending = true;
    try {
      await ledger.add?.(this.account, sent);
    } catch (error) {
      this.own = sumOfSpend(sent, this.own);
      throw error;
    } finally {
      this.sending = false;
    }
  }

  /** Notes what all instances have spent at least. */
  atLeast(usd: number, now: number): void {
    const before = this.exceeded;
    this.spend = { ...this.spend, usd: Math.max(this.spend.usd, usd) };
    if (this.exceeded && !before) this.exceededAt = now;
  }

  /** Reads the spend of all instances. Returns whether the response is complete. Rejects if the ledger does. */
  async read(ledger: BudgetLedger): Promise<boolean> {
    // A ledger without `add` already knows all calls so far, and none after this query.
    if (!ledger.add) this.own = NOTHING;
    const response = checked(await withTimeout(ledger.spent(this.account), LEDGER_TIMEOUT_MS));
    this.ledgerUsd = Math.max(this.ledgerUsd, response.usd);
    const all = sumOfSpend(response, this.own);
    this.spend = {
      usd: Math.max(this.spend.usd, all.usd),
      unknownCalls: Math.max(this.spend.unknownCalls, all.unknownCalls),
    };
    const complete = response.partial !== true;
    this.known ||= complete;
    return complete;
  }
}

/** Validates the response of an application's ledger. */
function checked({ usd, unknownCalls, partial }: LedgerSpend): LedgerSpend {
  if (Number.isFinite(usd) && Number.isFinite(unknownCalls)) return { usd, unknownCalls, partial };
  throw new TypeError('budgetLedger.spent() must resolve to { usd, unknownCalls } with finite numbers.');
}

/** Returns the spend of a call without nested calls, which have their own records. */
export function spendOfCall({ attempts }: CallRecord): Spend {
  const usd = sumUsd(attempts.map((attempt) => knownCostOf(attempt) ?? 0));
  return { usd, unknownCalls: attempts.some(isCostUnknown) ? 1 : 0 };
}

export function sumOfSpend(one: Spend, other: Spend): Spend {
  return { usd: sumUsd([one.usd, other.usd]), unknownCalls: one.unknownCalls + other.unknownCalls };
}

export const NOTHING: Spend = Object.freeze({ usd: 0, unknownCalls: 0 });

/** A period `[from, to)` in Unix milliseconds. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Returns the UTC hour, day or month that contains `at`. */
export function periodAt(per: BudgetPeriodName, at: number): Period {
  if (per === 'month') {
    const date = new Date(at);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) };
  }
  const length = per === 'hour' ? HOUR : DAY;
  const from = Math.floor(at / length) * length;
  return { from, to: from + length };
}

/** Waits for `work` for at most `ms` milliseconds. @throws Error if it takes longer; rejections of `work` */
export async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no response within ${ms} ms`)), ms).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

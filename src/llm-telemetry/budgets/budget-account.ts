import type { BudgetLedger, LedgerAccount, Spend } from './budget-ledger.js';
import { budgetName } from './budget-name.js';
import { periodAt } from './budget-period.js';
import type { Budget } from './budget.options.js';
import type { CountedFor } from './counted-for.js';
import { PeriodSpend } from './period-spend.js';
import { Slice, type Hold } from './slice.js';

/** Periods whose spend is kept, so that a clock that is set back and forth finds it again. */
const MAX_PERIODS = 64;
/** A ledger that has not answered for so long is away. Of the monotonic clock. */
const AWAY_AFTER_MS = 60_000;

/** Why a call does not fit into a budget. */
export type Obstacle = 'spent' | 'reserved' | 'ledger_away';

/**
 * One budget: what was spent on it in the current period, and what calls in flight are expected to cost. The current period
 * is the one that the clock says, also after a jump back.
 */
export class BudgetAccount {
  readonly name: string;
  readonly slice = new Slice();
  private current: PeriodSpend;
  private readonly periods = new Map<number, PeriodSpend>();
  private answeredAt: number | null = null;
  private syncing: Promise<void> | null = null;

  constructor(
    /** Its names are bounded. */
    readonly budget: Budget,
    now: number,
    private readonly hasLedger: boolean,
    /** Called once in each period in which it is used up. */
    private readonly onExceeded: (account: BudgetAccount) => void,
  ) {
    this.name = budgetName(budget);
    this.current = this.open(now, !hasLedger);
  }

  get spend(): Spend {
    return this.current.spend;
  }

  get exceeded(): boolean {
    return this.current.exceeded;
  }

  get exceededAt(): number | null {
    return this.current.exceededAt;
  }

  get blocks(): boolean {
    return this.budget.onExceed === 'block';
  }

  /** The current period. */
  get period(): LedgerAccount {
    return this.current.account;
  }

  /** Whether what was spent in the current period is not known: the ledger is to be asked soon. */
  get waits(): boolean {
    return this.hasLedger && !this.current.answered;
  }

  covers({ feature, tenant }: CountedFor): boolean {
    const { budget } = this;
    return budget.feature !== undefined
      ? budget.feature === feature
      : budget.tenant === undefined || budget.tenant === tenant;
  }

  /** Moves to the period of `now`, forth or back. Returns whether its spend has to be asked for. */
  moveTo(now: number): boolean {
    const before = this.current;
    if (before.has(now)) return false;
    const { from } = periodAt(this.budget.per, now);
    const known = this.periods.get(from);
    if (known) {
      this.periods.delete(from);
      this.periods.set(from, known);
      this.current = known;
      return true;
    }
    // Nothing was spent in a period that begins while this runs.
    const begins = before.account.to === from;
    this.current = this.open(now, begins && before.answered);
    return !begins;
  }

  /** Adds what a call has cost to the current period. */
  add(spend: Spend, now: number): void {
    this.current.add(spend, now);
    this.log();
  }

  /**
   * Why a call may not begin; `null`: it may. `estimateUsd` 0: it is not known yet.
   *
   * @param around - what the calls that it is nested in hold: they wait for it, so that cannot refuse it
   * @param uptime - `performance.now()`
   */
  obstacle(estimateUsd: number, around: readonly Hold[], uptime: number): Obstacle | null {
    const { budget, spend } = this;
    if (this.exceeded) return 'spent';
    if (budget.whenAway === 'refuse' && this.isAway(uptime)) return 'ledger_away';
    return this.slice.hasRoom(budget.usd - spend.usd, estimateUsd, around) ? null : 'reserved';
  }

  /** Whether the ledger has not said what was spent in the current period, or not for a minute. */
  isAway(uptime: number): boolean {
    if (!this.hasLedger) return false;
    return this.waits || this.answeredAt === null || uptime - this.answeredAt > AWAY_AFTER_MS;
  }

  /** Tells the ledger and asks it. Rejects as the ledger does. One at a time. */
  sync(ledger: BudgetLedger): Promise<void> {
    this.syncing ??= this.exchange(ledger).finally(() => {
      this.syncing = null;
    });
    return this.syncing;
  }

  private async exchange(ledger: BudgetLedger): Promise<void> {
    const period = this.current;
    if (ledger.add && period.unsent) await period.send(ledger);
    if (await period.ask(ledger)) this.answeredAt = performance.now();
    if (period === this.current) this.log();
    for (const past of this.periods.values()) if (past !== period && past.unsent) await past.send(ledger);
  }

  private open(now: number, answered: boolean): PeriodSpend {
    const account = accountAt(this.budget, now);
    const period = new PeriodSpend(account, answered);
    this.periods.set(account.from, period);
    if (this.periods.size > MAX_PERIODS) this.periods.delete(this.leastNeeded());
    return period;
  }

  /** The period that was left longest ago; one that the ledger knows, if there is one. */
  private leastNeeded(): number {
    const past = [...this.periods].slice(0, -1);
    const [from] = past.find(([, { unsent }]) => !this.hasLedger || !unsent) ?? past[0]!;
    return from;
  }

  private log(): void {
    if (this.current.logged || !this.exceeded) return;
    this.current.logged = true;
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

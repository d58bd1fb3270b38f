import type { CallName } from '../calls/call-name.js';
import type { RequestIdentity } from '../calls/record.js';
import { boundedName } from '../text/bounded-name.js';
import { formatExactUsd } from '../units/format.js';
import { MINUTE } from '../units/time.js';
import type { BudgetLedger, LedgerAccount, Spend } from './budget-ledger.js';
import type { Budget } from './budget.options.js';
import { periodAt, PeriodSpend } from './period-spend.js';
import { FleetShare, type BudgetFleet } from './fleet-share.js';
import { Slice, type Hold } from './slice.js';

/** Number of kept periods, so that spend is found again if the clock is set back and forth. */
const MAX_PERIODS = 64;
/** Time without a response after which a ledger counts as away. Monotonic clock. */
const AWAY_AFTER_MS = MINUTE;

/** Reason why a call does not fit into a budget. */
export type Obstacle = 'spent' | 'reserved' | 'ledger_away';

/**
 * Spend of one budget in the current period, with the estimated cost of calls in flight. The current period follows the
 * clock, also if it is set back.
 */
export class BudgetAccount {
  readonly name: string;
  readonly slice = new Slice();
  private current: PeriodSpend;
  private readonly periods = new Map<number, PeriodSpend>();
  private respondedAt: number | null = null;
  private syncing: Promise<void> | null = null;
  private share: FleetShare | null;

  constructor(
    /** Names must be bounded. */
    readonly budget: Budget,
    now: number,
    private readonly hasLedger: boolean,
    /** Called once per period when the budget is used up. */
    private readonly onExceeded: (account: BudgetAccount) => void,
    /** Other instances that share the budget, if it can refuse calls. */
    private readonly fleet: BudgetFleet | null = null,
    /** True if an earlier budget has the same scope and period: that one reports the calls of both. */
    private readonly repeats = false,
  ) {
    this.name = budgetName(budget);
    this.current = this.open(now, !hasLedger);
    this.share = this.shareOfPeriod();
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

  /** Current period. */
  get period(): LedgerAccount {
    return this.current.account;
  }

  /** True if the spend of the current period is unknown, so that the ledger must be queried soon. */
  get waits(): boolean {
    return this.hasLedger && !this.current.known;
  }

  covers({ feature, tenant }: CountedFor): boolean {
    const { budget } = this;
    return budget.feature !== undefined
      ? budget.feature === feature
      : budget.tenant === undefined || budget.tenant === tenant;
  }

  /** Moves to the period of `now`, forward or back. Returns whether the ledger must be queried for its spend. */
  moveTo(now: number): boolean {
    const before = this.current;
    if (before.has(now)) return false;
    const { from } = periodAt(this.budget.per, now);
    const known = this.periods.get(from);
    if (known) {
      this.periods.delete(from);
      this.periods.set(from, known);
      this.current = known;
      this.share = this.shareOfPeriod();
      return true;
    }
    // A period that starts while this process runs has no earlier spend.
    const begins = before.account.to === from;
    this.current = this.open(now, begins && before.known);
    this.share = this.shareOfPeriod();
    return !begins;
  }

  /** Adds the spend of a call to the current period. */
  add(spend: Spend, now: number): void {
    this.current.add(spend, now);
    this.share?.add(spend.usd);
    this.log();
  }

  /**
   * Returns the reason to refuse a call; `null`: the call is admitted. `estimateUsd` 0: unknown yet.
   *
   * @param around - holds of enclosing calls, which wait for this call and must not cause its refusal
   * @param uptime - `performance.now()`
   */
  obstacle(estimateUsd: number, around: readonly Hold[], uptime: number): Obstacle | null {
    const { budget, spend } = this;
    if (this.exceeded) return 'spent';
    if (budget.whenAway === 'refuse' && this.isAway(uptime)) return 'ledger_away';
    this.share?.use(estimateUsd, uptime);
    const shareUsd = this.share?.leftUsd(uptime) ?? Infinity;
    if (shareUsd <= 0) return 'reserved';
    const leftUsd = Math.min(shareUsd, budget.usd - spend.usd);
    return this.slice.hasRoom(leftUsd, estimateUsd, around) ? null : 'reserved';
  }

  /** True if a share must be requested from the fleet now; `isDue`: the interval has passed. */
  needsShare(uptime: number, isDue = false): boolean {
    const { share } = this;
    if (share === null) return false;
    return isDue ? share.isNeeded : share.isLow(this.slice.reservedUsd, uptime);
  }

  /** Requests a share from the fleet. Rejects if the fleet does not respond. `now` returns Unix milliseconds. */
  async requestShare(now: () => number): Promise<void> {
    const { share, current, slice } = this;
    if (share === null) return;
    await share.exchange(slice.reservedUsd, current.ledgerUsd);
    current.atLeast(share.spentUsd, now());
    if (current === this.current) this.log();
  }

  /** Returns whether the ledger has not responded in the current period, or for a minute. */
  isAway(uptime: number): boolean {
    if (!this.hasLedger) return false;
    return this.waits || this.respondedAt === null || uptime - this.respondedAt > AWAY_AFTER_MS;
  }

  /** Sends spend to the ledger and reads from it, one sync at a time. Rejects if the ledger does. */
  sync(ledger: BudgetLedger): Promise<void> {
    this.syncing ??= this.exchange(ledger).finally(() => {
      this.syncing = null;
    });
    return this.syncing;
  }

  private async exchange(ledger: BudgetLedger): Promise<void> {
    const period = this.current;
    if (this.repeats) {
      if (await period.read({ spent: (account) => ledger.spent(account) }))
        this.respondedAt = performance.now();
      if (period === this.current) this.log();
      return;
    }
    if (ledger.add && period.canSend) await period.send(ledger);
    if (await period.read(ledger)) this.respondedAt = performance.now();
    if (period === this.current) this.log();
    for (const past of this.periods.values()) if (past !== period && past.canSend) await past.send(ledger);
  }

  private shareOfPeriod(): FleetShare | null {
    if (!this.fleet || !this.blocks) return null;
    const { account } = this.current;
    const key = this.repeats ? `${account.key}/${this.budget.usd}` : account.key;
    return new FleetShare(account, key, this.fleet);
  }

  private open(now: number, known: boolean): PeriodSpend {
    const account = accountAt(this.budget, now);
    const period = new PeriodSpend(account, known);
    this.periods.set(account.from, period);
    if (this.periods.size > MAX_PERIODS) this.periods.delete(this.leastNeeded());
    return period;
  }

  /** Returns the least recently used period, preferably one that the ledger knows. */
  private leastNeeded(): number {
    const past = [...this.periods].slice(0, -1);
    const [from] = past.find(([, { unsent }]) => !this.hasLedger || this.repeats || !unsent) ?? past[0]!;
    return from;
  }

  private log(): void {
    if (this.current.logged || !this.exceeded) return;
    this.current.logged = true;
    this.onExceeded(this);
  }
}

function accountAt(budget: Budget, now: number): LedgerAccount {
  const period = periodAt(budget.per, now);
  return { key: `${scopeOf(budget)}/${new Date(period.from).toISOString()}`, budget, ...period };
}

/** Returns which calls a budget covers, and how long its periods are: budgets of the same scope have the same spend. */
export function scopeOf({ feature, tenant, per }: Budget): string {
  const scope =
    feature !== undefined ? `feature=${feature}` : tenant !== undefined ? `tenant=${tenant}` : 'all';
  return `${scope}/${per}`;
}

const A_PERIOD = { hour: 'an hour', day: 'a day', month: 'a month' };

/** Returns the name of a budget: `$4,500 a month for all calls`, `$10 a day for tenant acme`. */
export function budgetName({ feature, tenant, usd, per }: Budget): string {
  const scope = feature ?? (tenant === undefined ? 'all calls' : `tenant ${tenant}`);
  return `${formatExactUsd(usd)} ${A_PERIOD[per]} for ${scope}`;
}

/** Feature and tenant that a call counts for, as bounded names. */
export interface CountedFor {
  readonly feature: string;
  readonly tenant: string | undefined;
}

/** Bounds the names of a budget in the same way as stores do, so that both match. */
export function withBoundedNames(budget: Budget): Budget {
  const { feature, tenant } = budget;
  return {
    ...budget,
    ...(feature !== undefined && { feature: boundedName(feature) }),
    ...(tenant !== undefined && { tenant: boundedName(tenant) }),
  };
}

/** Returns the feature and tenant that a call counts for. */
export function countedFor({ feature }: CallName, { tenantId }: RequestIdentity): CountedFor {
  return {
    feature: boundedName(feature),
    tenant: typeof tenantId === 'string' ? boundedName(tenantId) : tenantId,
  };
}

import type { Reservation } from '../calls/admission.js';
import type { CallName } from '../calls/call-name.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import type { BudgetAccount } from './budget-account.js';
import type { Hold } from './slice.js';

/** Decides on reservations. */
export interface ReservationOwner {
  /** Takes what a call is expected to cost, before its first request is sent; an error if there is no room. */
  reserve(reservation: BudgetReservation, exchange: Exchange): Error | null;
  /** The call has sent a request: it is not abandoned. */
  used(reservation: BudgetReservation): void;
  released(reservation: BudgetReservation): void;
}

/** What one call in flight holds of the budgets that can refuse it. */
export class BudgetReservation implements Reservation {
  /** `performance.now()` of its last request, or of its start. */
  usedAt = performance.now();
  private holds: Hold[] = [];
  private state: 'pending' | 'held' | 'released' = 'pending';

  constructor(
    private readonly owner: ReservationOwner,
    readonly name: CallName,
    readonly accounts: readonly BudgetAccount[],
    readonly around: BudgetReservation | null,
    readonly exceeded: boolean,
  ) {}

  get pending(): boolean {
    return this.state === 'pending';
  }

  /** Holds an estimate of each budget: `usdOf` says how much. */
  hold(usdOf: (account: BudgetAccount) => number): void {
    if (this.state !== 'pending') return;
    this.state = 'held';
    this.holds = this.accounts.map((account) => account.slice.take(usdOf(account)));
  }

  /** What the calls around this one hold. */
  holdsAround(): readonly Hold[] {
    const holds: Hold[] = [];
    for (let outer = this.around; outer; outer = outer.around) holds.push(...outer.holds);
    return holds;
  }

  request(exchange: Exchange): Error | null {
    if (this.state === 'pending') return this.owner.reserve(this, exchange);
    if (this.state === 'held') this.owner.used(this);
    return null;
  }

  release(): void {
    if (this.state === 'released') return;
    this.state = 'released';
    for (const hold of this.holds) hold.slice.giveBack(hold);
    this.holds = [];
    this.owner.released(this);
  }
}

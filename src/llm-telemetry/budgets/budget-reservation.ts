import type { Reservation } from '../calls/ports.js';
import { LlmBudgetExceededError } from '../calls/budget-exceeded.error.js';
import type { CallName } from '../calls/call-name.js';
import { MINUTE } from '../units/time.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import type { BudgetAccount, Obstacle } from './budget-account.js';
import type { Hold } from './slice.js';

/** Decides about reservations. */
export interface ReservationOwner {
  /** Reserves the estimated cost of a call before its first request is sent. Returns an error if it does not fit. */
  reserve(reservation: BudgetReservation, exchange: Exchange): Error | null;
  /** Called when the call sends a request, so that it does not count as abandoned. */
  used(reservation: BudgetReservation): void;
  /** Called when the reservation is released. */
  released(reservation: BudgetReservation): void;
}

/** Holds of one call in flight in the budgets that can refuse it. */
export class BudgetReservation implements Reservation {
  /** `performance.now()` at its last request or its start. */
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

  /** Holds an estimate in each budget; `usdOf` returns the amount. */
  hold(usdOf: (account: BudgetAccount) => number): void {
    if (this.state !== 'pending') return;
    this.state = 'held';
    this.holds = this.accounts.map((account) => account.slice.take(usdOf(account)));
  }

  /** Returns the holds of enclosing calls. */
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

/**
 * Time since its last request after which a call counts as abandoned, because its method never settles or its response is
 * never consumed. Longer than the timeouts of SDKs (10 minutes). Monotonic clock.
 */
export const ABANDONED_AFTER_MS = 15 * MINUTE;

/** Reservations of calls in flight, least recently used first. */
export class InFlight {
  private readonly reservations = new Set<BudgetReservation>();

  /** Adds a reservation, or marks it as most recently used. */
  use(reservation: BudgetReservation, uptime: number): void {
    reservation.usedAt = uptime;
    this.reservations.delete(reservation);
    this.reservations.add(reservation);
  }

  delete(reservation: BudgetReservation): void {
    this.reservations.delete(reservation);
  }

  /** Releases the reservations of abandoned calls. `uptime`: `performance.now()`; `Infinity` releases all. */
  sweep(uptime: number): void {
    for (const reservation of this.reservations) {
      if (uptime - reservation.usedAt < ABANDONED_AFTER_MS) return;
      reservation.release();
    }
  }
}

/** Creates the error of a call that does not fit into a budget. */
export function refusal(
  { name, budget, spend, period, slice }: BudgetAccount,
  reason: Obstacle,
  now: number,
): LlmBudgetExceededError {
  return new LlmBudgetExceededError(
    {
      name,
      limitUsd: budget.usd,
      spentUsd: spend.usd,
      reservedUsd: slice.reservedUsd,
      until: period.to,
      reason,
    },
    now,
  );
}

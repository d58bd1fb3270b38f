import type { BudgetReservation } from './budget-reservation.js';

/**
 * A call without a request for so long is taken to be abandoned: its method never settles, or nothing consumes what it
 * returned. Longer than the timeouts of the SDKs (10 minutes). Of the monotonic clock.
 */
export const ABANDONED_AFTER_MS = 15 * 60_000;

/** The reservations of the calls in flight, the one that was used longest ago first. */
export class InFlight {
  private readonly reservations = new Set<BudgetReservation>();

  /** Adds one, or makes it the latest. */
  use(reservation: BudgetReservation, uptime: number): void {
    reservation.usedAt = uptime;
    this.reservations.delete(reservation);
    this.reservations.add(reservation);
  }

  delete(reservation: BudgetReservation): void {
    this.reservations.delete(reservation);
  }

  /** Releases what abandoned calls hold. `uptime`: `performance.now()`; `Infinity` releases all. */
  sweep(uptime: number): void {
    for (const reservation of this.reservations) {
      if (uptime - reservation.usedAt < ABANDONED_AFTER_MS) return;
      reservation.release();
    }
  }
}

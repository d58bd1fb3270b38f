import type { BudgetReservation } from './budget-reservation.js';
import { MINUTE } from '../units/time.js';

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

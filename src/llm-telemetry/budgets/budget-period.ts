import type { BudgetPeriodName } from './budget.options.js';
import { DAY, HOUR } from '../units/time.js';

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

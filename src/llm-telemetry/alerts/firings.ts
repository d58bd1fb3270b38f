import type { AlertFiring } from './definitions/alerts-answer.js';
import { instanceKey } from './instance-key.js';

const MAX_PERIODS = 1000;

/** Periods in which alerts fired since the start of this process, kept in memory. */
export class Firings {
  private readonly periods: AlertFiring[] = [];

  begin(name: AlertFiring['name'], names: AlertFiring['names'], from: number): void {
    this.periods.push({ name, names, from, to: null });
    if (this.periods.length > MAX_PERIODS) this.periods.shift();
  }

  end(name: AlertFiring['name'], names: AlertFiring['names'], to: number): void {
    const key = instanceKey(name, names);
    const index = this.periods.findLastIndex(
      (period) => period.to === null && instanceKey(period.name, period.names) === key,
    );
    const period = this.periods[index];
    if (period) this.periods[index] = { ...period, to: Math.max(period.from, to) };
  }

  /** Returns the periods, the latest first. */
  list(): readonly AlertFiring[] {
    return this.periods.toReversed();
  }
}

import type { AlertFiring } from './definitions/alerts-answer.js';
import { instanceKey } from './instance-key.js';

const MOST_PERIODS = 1000;

/** The periods in which alerts fired. They are kept in memory: what was before this process is in logs and messages. */
export class Firings {
  private readonly periods: AlertFiring[] = [];

  begin(name: AlertFiring['name'], names: AlertFiring['names'], from: number): void {
    this.periods.push({ name, names, from, to: null });
    if (this.periods.length > MOST_PERIODS) this.periods.shift();
  }

  end(name: AlertFiring['name'], names: AlertFiring['names'], to: number): void {
    const key = instanceKey(name, names);
    const index = this.periods.findLastIndex(
      (period) => period.to === null && instanceKey(period.name, period.names) === key,
    );
    const period = this.periods[index];
    if (period) this.periods[index] = { ...period, to: Math.max(period.from, to) };
  }

  /** The latest first. */
  list(): readonly AlertFiring[] {
    return this.periods.toReversed();
  }
}

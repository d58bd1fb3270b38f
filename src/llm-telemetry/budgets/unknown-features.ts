import { declaredFeatures } from '../calls/declared-features.js';
import { didYouMean } from '../validation/near-names.js';
import type { Budget } from './budget.options.js';

/** How long features have to show up: modules and jobs may be loaded after the start. */
export const WAIT_MS = 60_000;
/** Names may come from outside, through `telemetry.run`. */
const MOST_SEEN = 1000;

/**
 * Warns once, a minute after the start, of each budget whose feature no decorator names and no call has used: it would
 * never count anything.
 */
export class UnknownFeatures {
  private readonly seen = new Set<string>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly budgets: readonly Budget[],
    private readonly warn: (sentence: string) => void,
  ) {}

  start(): void {
    if (this.timer !== null || !this.budgets.some(({ feature }) => feature !== undefined)) return;
    this.timer = setTimeout(() => this.check(), WAIT_MS).unref();
  }

  /** Takes note of the feature of a call. */
  see(feature: string): void {
    if (this.timer !== null && this.seen.size < MOST_SEEN) this.seen.add(feature);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private check(): void {
    this.timer = null;
    const known = [...new Set([...declaredFeatures(), ...this.seen])];
    for (const [index, { feature }] of this.budgets.entries()) {
      if (feature === undefined || known.includes(feature)) continue;
      this.warn(
        `budgets[${index}] is for the feature ${JSON.stringify(feature)}, which no decorator names and no call has ` +
          `used in the first minute.${didYouMean(feature, known)}`,
      );
    }
    this.seen.clear();
  }
}

import { declaredFeatures } from '../calls/call-name.js';
import { didYouMean } from '../validation/message-text.js';
import type { Budget } from './budget.options.js';
import { MINUTE } from '../units/time.js';

/** Time after the start until a feature counts as unknown: modules and jobs can be loaded later. */
export const WAIT_MS = MINUTE;
/** Names can come from outside, through `telemetry.run`. */
const MOST_SEEN = 1000;

/**
 * Logs a warning once, a minute after the start, for each budget whose feature is not declared by a decorator and not used
 * by a call. Such a budget never counts anything.
 */
export class UnknownFeatures {
  private readonly seen = new Set<string>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly budgets: readonly Budget[],
    private readonly warn: (message: string) => void,
  ) {}

  start(): void {
    if (this.timer !== null || !this.budgets.some(({ feature }) => feature !== undefined)) return;
    this.timer = setTimeout(() => this.check(), WAIT_MS).unref();
  }

  /** Records the feature of a call as known. */
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
        `budgets[${index}].feature ${JSON.stringify(feature)} is unknown: no decorator declares it, and no call used it ` +
          `in the first minute.${didYouMean(feature, known)}`,
      );
    }
    this.seen.clear();
  }
}

import type { CallName } from '../calls/call-name.js';
import { boundedName } from '../text/bounded-name.js';

/** Names can come from outside, through `telemetry.run`: the least recently used one is evicted. */
const MAX_NAMES = 1000;
/** Approximate number of calls in a moving mean. */
const WINDOW = 20;

/** Mean cost of the calls of one feature and operation. */
export interface CallCosts extends CallName {
  /** The mean cost of a billed call, in USD. */
  readonly meanUsd: number;
  readonly calls: number;
}

interface Mean {
  usd: number;
  calls: number;
}

/**
 * Moving means of the cost of billed calls, by feature and operation. Calls without cost (refused, failed, answered from a
 * cache) are excluded: otherwise the mean would be 0 after an outage, and every call would be admitted.
 */
export class CallMeans {
  private readonly means = new Map<string, Mean>();

  /** Returns the mean in USD; `null`: no call of this name is known. */
  of(name: CallName): number | null {
    return this.means.get(keyOf(name))?.usd ?? null;
  }

  /** Adds the cost of one call in USD. */
  add(name: CallName, usd: number): void {
    if (!(usd > 0)) return;
    const key = keyOf(name);
    const mean = this.means.get(key) ?? { usd, calls: 0 };
    mean.calls = Math.min(WINDOW, mean.calls + 1);
    mean.usd += (usd - mean.usd) / mean.calls;
    this.put(key, mean);
  }

  /** Initializes a mean from calls before this process. Has no effect once this process recorded such a call. */
  seed({ meanUsd, calls, ...name }: CallCosts): void {
    const key = keyOf(name);
    if (this.means.has(key) || !(meanUsd > 0) || !(calls > 0)) return;
    this.put(key, { usd: meanUsd, calls: Math.min(WINDOW, calls) });
  }

  private put(key: string, mean: Mean): void {
    this.means.delete(key);
    this.means.set(key, mean);
    if (this.means.size > MAX_NAMES) this.means.delete(this.means.keys().next().value!);
  }
}

function keyOf({ feature, operation }: CallName): string {
  return `${boundedName(feature)}\0${boundedName(operation)}`;
}

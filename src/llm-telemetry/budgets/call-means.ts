import type { CallName } from '../calls/call-name.js';
import { boundedName } from '../text/bounded-name.js';

/** Names can come from outside, through `telemetry.run`: the one that was used longest ago is forgotten. */
const MAX_NAMES = 1000;
/** Calls that a mean looks back on, about. */
const WINDOW = 20;

/** What calls of one feature and operation have cost. */
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
 * The moving mean of what a billed call costs, by feature and operation. Calls that cost nothing (refused, failed, answered
 * from a cache) are left out: after an outage the mean would be 0, and admit everything.
 */
export class CallMeans {
  private readonly means = new Map<string, Mean>();

  /** In USD; `null`: no call of this name is known. */
  of(name: CallName): number | null {
    return this.means.get(keyOf(name))?.usd ?? null;
  }

  add(name: CallName, usd: number): void {
    if (!(usd > 0)) return;
    const key = keyOf(name);
    const mean = this.means.get(key) ?? { usd, calls: 0 };
    mean.calls = Math.min(WINDOW, mean.calls + 1);
    mean.usd += (usd - mean.usd) / mean.calls;
    this.put(key, mean);
  }

  /** Takes what is known of calls before this process. Calls of this process count more. */
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

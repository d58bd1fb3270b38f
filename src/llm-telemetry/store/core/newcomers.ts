/** How often a series without rollups was used, and the day of its last call, Unix milliseconds. */
export interface Newcomer {
  readonly calls: number;
  readonly lastDay: number;
}

/** Bound of counted newcomers. */
const MAX_NEWCOMERS = 5000;

/** Counts uses of series without rollups, by their joined ids: candidates for a slot. */
export class Newcomers {
  private readonly uses = new Map<string, Newcomer>();

  /** `day`: the day of the call, Unix milliseconds. */
  count(key: string, day: number): void {
    const { uses } = this;
    const { calls, lastDay } = uses.get(key) ?? { calls: 0, lastDay: day };
    uses.set(key, { calls: calls + 1, lastDay: Math.max(lastDay, day) });
    if (uses.size <= MAX_NEWCOMERS) return;
    // Lossy counting: names that were used once are dropped.
    for (const [newcomer, use] of uses) {
      if (use.calls < 2) uses.delete(newcomer);
      else uses.set(newcomer, { ...use, calls: use.calls / 2 });
    }
  }

  /** The most used first. */
  ranked(): ReadonlyArray<[key: string, newcomer: Newcomer]> {
    return [...this.uses].sort(([, one], [, other]) => other.calls - one.calls);
  }

  delete(key: string): void {
    this.uses.delete(key);
  }

  clear(): void {
    this.uses.clear();
  }
}

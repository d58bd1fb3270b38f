import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Use count of a series, and the days of its first and last call, Unix milliseconds. */
export interface Uses {
  calls: number;
  firstDay: number;
  lastDay: number;
}

/** Accumulates uses of series during a transaction, so that each series is updated once. */
export class SeriesUses {
  private readonly uses = new Map<number, Uses>();
  private readonly update: StatementSync;

  constructor(database: DatabaseSync) {
    this.update = database.prepare(
      `UPDATE series SET calls = calls + :calls, lastDay = max(lastDay, :lastDay),
         firstDay = CASE lastDay WHEN 0 THEN :firstDay ELSE min(firstDay, :firstDay) END
       WHERE id = :id`,
    );
  }

  count(id: number, { calls, firstDay, lastDay }: Uses): void {
    const uses = this.uses.get(id);
    if (!uses) return void this.uses.set(id, { calls, firstDay, lastDay });
    uses.calls += calls;
    uses.firstDay = Math.min(uses.firstDay, firstDay);
    uses.lastDay = Math.max(uses.lastDay, lastDay);
  }

  /** Writes the counts. Call it at the end of a transaction. */
  write(): void {
    for (const [id, uses] of this.uses) this.update.run({ id, ...uses });
    this.uses.clear();
  }

  /** Discards the counts of a transaction that was rolled back. */
  clear(): void {
    this.uses.clear();
  }
}

/** How often a series without rollups was used, and the day of its last call. */
export type Newcomer = Pick<Uses, 'calls' | 'lastDay'>;

/** Bound of counted newcomers. */
const MAX_NEWCOMERS = 5000;

/** Counts uses of series without rollups, by their joined ids: candidates for a slot (name-slots.ts). */
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

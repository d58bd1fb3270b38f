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

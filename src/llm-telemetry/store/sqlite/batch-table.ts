import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { BatchClaim, RememberedBatch, SumClaim } from '../../calls/batches/batch-memory.js';
import type { CallName } from '../../calls/call-name.js';
import { DAY } from '../../units/time.js';
import { inTransaction } from './open-database.js';

/** How long a batch is remembered after it was last used. Providers keep results for weeks, some until they are deleted. */
const KEPT_MS = 400 * DAY;

/** A row of the table `batch`: a batch, or a file with results of a batch. */
interface BatchRow {
  readonly id: number;
  /** Host and id. */
  readonly key: string;
  /** The batch that a file belongs to. */
  readonly parent: number | null;
  readonly feature: string | null;
  readonly operation: string | null;
  readonly complete: number;
  readonly hasItems: number;
  /** End of the call with the sum, Unix milliseconds. */
  readonly sumAt: number | null;
}

/** Deletes the call with the sum of a batch. @param id - of the batch at its provider */
export type DeleteSum = (endedAt: number, id: string) => void;

/** Remembers batches and which of their items were recorded (`BatchMemory`). Times are Unix milliseconds. */
export class BatchTable {
  private readonly find: StatementSync;
  private readonly findParent: StatementSync;
  private readonly add: StatementSync;
  private readonly addItem: StatementSync;

  constructor(
    private readonly database: DatabaseSync,
    private readonly deleteSum: DeleteSum,
  ) {
    this.find = database.prepare('SELECT * FROM batch WHERE key = ?');
    this.findParent = database.prepare('SELECT * FROM batch WHERE id = ?');
    this.add = database.prepare(
      'INSERT INTO batch (key, used) VALUES (?, ?) ON CONFLICT DO UPDATE SET used = excluded.used',
    );
    this.addItem = database.prepare('INSERT OR IGNORE INTO batch_item (batch, item) VALUES (?, ?)');
  }

  remember({ key, resultKeys, creator }: RememberedBatch, now: number): void {
    inTransaction(this.database, () => {
      const { id } = this.rowOf(key, now);
      if (creator) {
        this.database
          .prepare('UPDATE batch SET feature = ?, operation = ? WHERE id = ? AND feature IS NULL')
          .run(creator.feature, creator.operation, id);
      }
      const setParent = this.database.prepare('UPDATE batch SET parent = ? WHERE id = ?');
      for (const results of resultKeys) if (results !== key) setParent.run(id, this.rowOf(results, now).id);
    });
  }

  claim(results: string, items: readonly string[], now: number): BatchClaim {
    return inTransaction(this.database, () => {
      const row = this.rowOf(results, now);
      const batch = row.parent === null ? row : (this.findParent.get(row.parent) as unknown as BatchRow);
      const isNew = items.map((item) => row.complete === 0 && this.claimItem(row.id, item));
      if (batch.hasItems === 0) {
        this.database.prepare('UPDATE batch SET hasItems = 1 WHERE id = ?').run(batch.id);
        if (batch.sumAt !== null) this.deleteSum(batch.sumAt, idIn(batch.key));
      }
      return { isNew, creator: creatorOf(batch), replacesSum: batch.sumAt !== null };
    });
  }

  complete(results: string, now: number): void {
    inTransaction(this.database, () => {
      const { id } = this.rowOf(results, now);
      this.database.prepare('UPDATE batch SET complete = 1 WHERE id = ?').run(id);
      this.database.prepare('DELETE FROM batch_item WHERE batch = ?').run(id);
    });
  }

  claimSum(key: string, endedAt: number, now: number): SumClaim {
    return inTransaction(this.database, () => {
      const batch = this.rowOf(key, now);
      const isNew = batch.sumAt === null && batch.hasItems === 0;
      if (isNew) this.database.prepare('UPDATE batch SET sumAt = ? WHERE id = ?').run(endedAt, batch.id);
      return { isNew, creator: creatorOf(batch) };
    });
  }

  /** Adds what another database has remembered while this one could not be used. */
  addFrom({ database: other }: BatchTable): void {
    const rows = other
      .prepare('SELECT batch.*, of.key AS parentKey FROM batch LEFT JOIN batch AS of ON of.id = batch.parent')
      .all() as unknown as Array<BatchRow & { readonly parentKey: string | null; readonly used: number }>;
    const items = other.prepare('SELECT item FROM batch_item WHERE batch = ?');
    const update = this.database.prepare(
      `UPDATE batch SET feature = coalesce(feature, ?), operation = coalesce(operation, ?), parent = coalesce(parent, ?),
       complete = max(complete, ?), hasItems = max(hasItems, ?), sumAt = coalesce(sumAt, ?) WHERE id = ?`,
    );
    inTransaction(this.database, () => {
      for (const row of rows) {
        const { id } = this.rowOf(row.key, row.used);
        const parent = row.parentKey === null ? null : this.rowOf(row.parentKey, row.used).id;
        update.run(row.feature, row.operation, parent, row.complete, row.hasItems, row.sumAt, id);
        for (const { item } of items.all(row.id) as Array<{ item: number }>) this.addItem.run(id, item);
      }
    });
  }

  /** Returns the row of a batch or of results, which is added if it does not exist. */
  private rowOf(key: string, now: number): BatchRow {
    this.add.run(key, now);
    return this.find.get(key) as unknown as BatchRow;
  }

  private claimItem(batch: number, item: string): boolean {
    return Number(this.addItem.run(batch, hashOf(item)).changes) > 0;
  }
}

/** Deletes batches that were not used for a long time. Call it inside a transaction. */
export function dropOldBatches(database: DatabaseSync, now: number): void {
  const old = 'SELECT id FROM batch WHERE used < ?';
  database.prepare(`DELETE FROM batch_item WHERE batch IN (${old})`).run(now - KEPT_MS);
  database.prepare('DELETE FROM batch WHERE used < ?').run(now - KEPT_MS);
}

function creatorOf({ feature, operation }: BatchRow): CallName | null {
  return feature === null || operation === null ? null : { feature, operation };
}

/** Returns the id in a key, which is host and id. */
function idIn(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}

/** Hashes the id of an item to 48 bits: two of 100,000 items share a hash once in 50,000 batches. */
function hashOf(item: string): number {
  return createHash('sha1').update(item).digest().readUIntBE(0, 6);
}

import { createHash } from 'node:crypto';
import type { BatchClaim, BatchMemory, RememberedBatch, SumClaim } from '../../calls/batches/batch-memory.js';
import type { CallName } from '../../calls/call-name.js';
import type { CallRecord } from '../../calls/record.js';
import { boundedName } from '../../text/bounded-name.js';
import { storedEndOf, storedTime } from '../core/call-columns.js';
import { unpackRecord } from '../core/record-pack.js';
import { Tally } from '../core/tally.js';
import { decodeRecord } from '../record-codec/record-text.js';
import type { Connection, Statements } from './connection.js';
import { dayOf } from './days.js';
import { deltaRowsOf, insertDeltas, type DeltaRows } from './deltas.js';
import type { Names } from './names.js';
import { boundedKey, timestamp } from './settings.js';

/** How long a batch is remembered after it was last used. Providers keep results for weeks, some until they are deleted. */
const KEPT_DAYS = 400;
const BATCH_MS = 15_000;

/** A row of the table `batch`: a batch, or a file with results of a batch. */
interface BatchRow {
  readonly id: number;
  readonly remoteId: string;
  readonly parent: number | null;
  readonly feature: string | null;
  readonly operation: string | null;
  readonly complete: boolean;
  readonly hasItems: boolean;
  readonly sumAt: number | null;
}

/** Remembers batches and which of their items were recorded, by any instance. */
export class BatchTable implements BatchMemory {
  constructor(
    private readonly connection: Connection,
    private readonly newNames: () => Names,
  ) {}

  async remember({ key, resultKeys, creator }: RememberedBatch): Promise<void> {
    await this.inTransaction(async (statements) => {
      // Results are locked before their batch, as in `claim`.
      const files: number[] = [];
      for (const results of resultKeys.toSorted())
        if (results !== key) files.push((await rowOf(statements, results)).id);
      const { id } = await rowOf(statements, key);
      if (creator) {
        await statements.change(
          'UPDATE batch SET feature = $2, operation = $3 WHERE id = $1 AND feature IS NULL',
          [id, boundedName(creator.feature), boundedName(creator.operation)],
        );
      }
      await statements.change('UPDATE batch SET parent = $2 WHERE id = ANY($1::bigint[])', [files, id]);
    });
  }

  async claim(results: string, items: readonly string[]): Promise<BatchClaim> {
    return this.inTransaction(async (statements) => {
      const row = await rowOf(statements, results);
      const batch = row.parent === null ? row : await parentOf(statements, row.parent);
      const claimed = row.complete ? new Set<number>() : await claimItems(statements, row.id, items);
      // The second of two items with the same id is not new.
      const isNew = items.map((item) => claimed.delete(hashOf(item)));
      if (!batch.hasItems) {
        await statements.change('UPDATE batch SET has_items = true WHERE id = $1', [batch.id]);
        if (batch.sumAt !== null) await this.deleteSum(statements, batch.sumAt, batch.remoteId);
      }
      return { isNew, creator: creatorOf(batch), replacesSum: batch.sumAt !== null };
    });
  }

  async complete(results: string): Promise<void> {
    await this.inTransaction(async (statements) => {
      const { id } = await rowOf(statements, results);
      await statements.change('UPDATE batch SET complete = true WHERE id = $1', [id]);
      await statements.change('DELETE FROM batch_item WHERE batch = $1', [id]);
    });
  }

  async claimSum(key: string, endedAt: number): Promise<SumClaim> {
    return this.inTransaction(async (statements) => {
      const batch = await rowOf(statements, key);
      const isNew = batch.sumAt === null && !batch.hasItems;
      if (isNew)
        await statements.change('UPDATE batch SET sum_at = $2 WHERE id = $1', [
          batch.id,
          storedTime(endedAt),
        ]);
      return { isNew, creator: creatorOf(batch) };
    });
  }

  /** Deletes the call with the sum of a batch. If it was not delivered yet, `CallWriter` drops it when it is. */
  private async deleteSum(statements: Statements, endedAt: number, remoteId: string): Promise<void> {
    const rows = await statements.rows(
      'SELECT id, instance, record FROM call WHERE ended_at = $1::timestamptz',
      [timestamp(endedAt)],
    );
    for (const [id, instance, bytes] of rows) {
      const record = decodeRecord(unpackRecord(bytes as Uint8Array));
      const { batch } = record;
      if (!batch || batch.item !== null || boundedName(batch.id) !== remoteId) continue;
      await statements.change('DELETE FROM call WHERE ended_at = $1::timestamptz AND id = $2::uuid', [
        timestamp(endedAt),
        id as string,
      ]);
      await this.subtract(statements, record, instance as number);
      return;
    }
  }

  /** Subtracts a deleted call from the rollups. */
  private async subtract(statements: Statements, record: CallRecord, instance: number): Promise<void> {
    const [[origin = 0] = []] = await statements.rows('SELECT origin FROM instance WHERE id = $1', [
      instance,
    ]);
    const names = this.newNames();
    const { feature, operation, provider, model } = record;
    const build = (): DeltaRows => {
      const tally = new Tally(names);
      tally.add(record, names.seriesOf(feature, operation, provider, model).rollup);
      tally.negate();
      return deltaRowsOf(tally.shortest(), origin as number, (type) => names.idOf(type));
    };
    await insertDeltas(statements, await names.complete(dayOf(storedEndOf(record)), build, statements));
  }

  private inTransaction<Result>(run: (statements: Statements) => Promise<Result>): Promise<Result> {
    return this.connection.transaction({ timeoutMs: BATCH_MS }, run);
  }
}

/** Deletes batches that were not used for a long time. */
export async function dropOldBatches(statements: Statements): Promise<void> {
  await statements.change(
    `WITH old AS (DELETE FROM batch WHERE used < now() - interval '${KEPT_DAYS} days' RETURNING id)
     DELETE FROM batch_item WHERE batch IN (SELECT id FROM old)`,
  );
}

const COLUMNS = 'id, remote_id, parent, feature, operation, complete, has_items, sum_at';

/** Returns the locked row of a batch or of results, which is added if it does not exist. */
async function rowOf(statements: Statements, key: string): Promise<BatchRow> {
  const [row] = await statements.rows(
    `INSERT INTO batch (key, remote_id, used) VALUES ($1, $2, now())
     ON CONFLICT (key) DO UPDATE SET used = excluded.used RETURNING ${COLUMNS}`,
    // A key is host and id.
    [boundedKey(key), boundedName(key.slice(key.indexOf(' ') + 1))],
  );
  return batchRow(row!);
}

async function parentOf(statements: Statements, id: number): Promise<BatchRow> {
  const [row] = await statements.rows(`SELECT ${COLUMNS} FROM batch WHERE id = $1 FOR UPDATE`, [id]);
  return batchRow(row!);
}

function batchRow(row: readonly unknown[]): BatchRow {
  const [id, remoteId, parent, feature, operation, complete, hasItems, sumAt] = row;
  return { id, remoteId, parent, feature, operation, complete, hasItems, sumAt } as BatchRow;
}

/** Returns the hashes of the items that were not claimed before. */
async function claimItems(
  statements: Statements,
  batch: number,
  items: readonly string[],
): Promise<Set<number>> {
  const rows = await statements.rows(
    `INSERT INTO batch_item (batch, item) SELECT $1, item FROM unnest($2::bigint[]) AS item ORDER BY item
     ON CONFLICT DO NOTHING RETURNING item`,
    [batch, [...new Set(items.map(hashOf))]],
  );
  return new Set(rows.map(([item]) => item as number));
}

function creatorOf({ feature, operation }: BatchRow): CallName | null {
  return feature === null || operation === null ? null : { feature, operation };
}

/** Hashes the id of an item to 48 bits: two of 100,000 items share a hash once in 50,000 batches. */
function hashOf(item: string): number {
  return createHash('sha1').update(item).digest().readUIntBE(0, 6);
}

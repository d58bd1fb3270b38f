import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { BatchClaim, BatchMemory, RememberedBatch, SumClaim } from '../../calls/batches/batch-memory.js';
import type { CallName } from '../../calls/call-name.js';
import { boundedName } from '../../text/bounded-name.js';
import type { Tables } from './tables.js';

/** Something that is known of a batch or of its results; the first that claimed it counts. */
type Fact = 'creator' | 'parent' | 'items' | 'complete' | 'sum' | 'replaced';

interface KnownFact {
  readonly values: readonly string[];
  readonly claim: string;
}

type Facts = ReadonlyMap<Fact, KnownFact>;

/** Deletes the call with the sum of a batch. Returns false if it is not stored yet. */
export type DeleteSum = (endedAt: number, batchId: string) => Promise<boolean>;

/**
 * Remembers batches in a database without atomic rows: a claim is inserted, and read back after a while. The first claim by
 * the server's clock wins. Two processes win the same item only if both claim it within the while and one of the inserts
 * takes longer than it.
 */
export class BatchClaims implements BatchMemory {
  constructor(
    private readonly tables: Tables,
    private readonly deleteSum: DeleteSum,
    /** Milliseconds between a claim and its answer. */
    private readonly settleMs = 1000,
  ) {}

  async remember({ key, resultKeys, creator }: RememberedBatch): Promise<void> {
    const claim = randomUUID();
    const facts: FactRow[] = creator
      ? [[key, 'creator', [creator.feature, creator.operation].map(boundedName), claim]]
      : [];
    for (const results of resultKeys) if (results !== key) facts.push([results, 'parent', [key], claim]);
    await this.add(facts);
  }

  async claim(results: string, items: readonly string[]): Promise<BatchClaim> {
    const ofResults = await this.facts(results);
    const key = ofResults.get('parent')?.values[0] ?? results;
    const before = key === results ? ofResults : await this.facts(key);
    const claim = randomUUID();
    if (!before.has('items')) await this.add([[key, 'items', [], claim]]);
    const isNew = ofResults.has('complete')
      ? items.map(() => false)
      : await this.claimItems(results, items, claim);
    const batch = await this.facts(key);
    const sum = batch.get('sum');
    if (sum && !batch.has('replaced') && (await this.deleteSum(Number(sum.values[0]), idIn(key))))
      await this.add([[key, 'replaced', [], claim]]);
    return { isNew, creator: creatorOf(batch), replacesSum: sum !== undefined };
  }

  async complete(results: string): Promise<void> {
    await this.add([[results, 'complete', [], randomUUID()]]);
  }

  async claimSum(key: string, endedAt: number): Promise<SumClaim> {
    const before = await this.facts(key);
    if (before.has('sum') || before.has('items')) return { isNew: false, creator: creatorOf(before) };
    const claim = randomUUID();
    await this.add([[key, 'sum', [String(endedAt)], claim]]);
    await wait(this.settleMs);
    const batch = await this.facts(key);
    const isNew = batch.get('sum')?.claim === claim && !batch.has('items');
    return { isNew, creator: creatorOf(batch) };
  }

  /** Returns true if items of a batch were claimed, so that its sum must not be counted. */
  async hasItems(batchId: string): Promise<boolean> {
    const { connection, layout } = this.tables;
    const rows = await connection.rows(
      `SELECT 1 FROM ${layout.table('batch')}
       WHERE fact = 'items' AND substring(key, position(key, ' ') + 1) = {id:String} LIMIT 1`,
      { id: batchId },
    );
    return rows.length > 0;
  }

  private async claimItems(results: string, items: readonly string[], claim: string): Promise<boolean[]> {
    const { connection, layout } = this.tables;
    const hashes = items.map(hashOf);
    const table = layout.table('batch_item');
    await connection.insert(
      table,
      ['results', 'item', 'claim'],
      [...new Set(hashes)].map((item) => [results, item, claim]),
      {},
    );
    await wait(this.settleMs);
    const won = new Set(
      (
        await connection.rows<[item: string]>(
          `SELECT item FROM ${table} WHERE results = {results:String}
           GROUP BY item HAVING argMin(claim, (at, claim)) = {claim:UUID}`,
          { results, claim },
        )
      ).map(([item]) => item),
    );
    // Of equal items, the first is new.
    return hashes.map((item) => won.delete(item));
  }

  private async add(facts: readonly FactRow[]): Promise<void> {
    if (facts.length === 0) return;
    const { connection, layout } = this.tables;
    await connection.insert(layout.table('batch'), ['key', 'fact', 'values', 'claim'], facts, {});
  }

  private async facts(key: string): Promise<Facts> {
    const { connection, layout } = this.tables;
    const rows = await connection.rows<[fact: Fact, values: string[], claim: string]>(
      `SELECT fact, argMin(values, (at, claim)), argMin(claim, (at, claim)) FROM ${layout.table('batch')}
       WHERE key = {key:String} GROUP BY fact`,
      { key },
    );
    return new Map(rows.map(([fact, values, claim]) => [fact, { values, claim }]));
  }
}

type FactRow = readonly [key: string, fact: Fact, values: readonly string[], claim: string];

function creatorOf(facts: Facts): CallName | null {
  const [feature, operation] = facts.get('creator')?.values ?? [];
  return feature === undefined || operation === undefined ? null : { feature, operation };
}

/** Returns the id in a key, which is host and id. */
function idIn(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}

/** Hashes the id of an item to 64 bits. */
function hashOf(item: string): string {
  return createHash('sha1').update(item).digest().readBigUInt64BE(0).toString();
}

import { randomInt } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CallRecord } from '../../calls/record.js';
import { callIdOf, type CallId } from '../call-id.js';
import { callColumns, storedEndOf } from '../core/call-columns.js';
import { Tally } from '../core/tally.js';
import { decodeRecord } from '../record-codec/record-text.js';
import { firstIdAt, PER_MS, timeOfId } from './call-id.js';
import type { ConfirmedClock } from './clock.js';
import type { Names } from './names.js';
import { checkVersion, inTransaction } from './open-database.js';
import type { Origins } from './origins.js';
import { RollupWriter } from './rollup-writer.js';
import { troubleOf } from './trouble.js';
import { ZoneWriter } from './zone.js';

/** Result of writing a batch. */
export interface WriteResult {
  readonly written: number;
  /** Calls that could not be decoded or written. */
  readonly dropped: number;
}

/** An encoded record. */
export interface EncodedCall {
  readonly text: string;
  /** `null`: the call gets a new id. */
  readonly uuid: CallId | null;
}

interface Draft extends EncodedCall {
  readonly record: CallRecord;
  readonly endedAt: number;
}

/** Writes calls with their zones and rollups. */
export class CallWriter {
  readonly rollups: RollupWriter;
  private readonly zones: ZoneWriter;
  private readonly insertCall: StatementSync;
  private readonly insertRecord: StatementSync;
  private readonly lastId: StatementSync;
  private readonly lastIdBelow: StatementSync;
  /** The process in the ids of its calls. */
  private readonly process = randomInt(1, 2 ** 32);
  private counter = 0;

  constructor(
    private readonly database: DatabaseSync,
    private readonly names: Names,
    private readonly clock: ConfirmedClock,
    private readonly origins: Origins,
  ) {
    this.rollups = new RollupWriter(database);
    this.zones = new ZoneWriter(database);
    this.insertCall = database.prepare(
      `INSERT INTO call (id, series, route, tenant, outcome, flags, durationMs, costUsd, tokens, user, uuid, instance)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.insertRecord = database.prepare('INSERT INTO record (id, text) VALUES (?, ?)');
    this.lastId = database.prepare('SELECT max(id) AS id FROM call');
    this.lastIdBelow = database.prepare('SELECT max(id) AS id FROM call WHERE id < ?');
  }

  /** Writes a batch in one transaction. @throws if the file cannot be used; then nothing of the batch is written. */
  write(calls: readonly EncodedCall[]): WriteResult {
    const drafts = parseBatch(calls);
    try {
      this.writeAll(drafts);
      return { written: drafts.length, dropped: calls.length - drafts.length };
    } catch (error) {
      if (troubleOf(error) !== null) throw error;
    }
    // A defect in one record must not lose the other records of the batch.
    let written = 0;
    for (const draft of drafts) {
      try {
        this.writeAll([draft]);
        written++;
      } catch (error) {
        if (troubleOf(error) !== null) throw error;
      }
    }
    return { written, dropped: calls.length - written };
  }

  /**
   * Deletes the call with the sum of a batch, whose items replace it, and subtracts it from the rollups. Call it inside a
   * transaction.
   *
   * @param id - of the batch at its provider
   */
  deleteSum(endedAt: number, id: string): void {
    const first = firstIdAt(endedAt);
    const rows = this.database
      .prepare(
        `SELECT record.id, text, instance FROM record JOIN call ON call.id = record.id
         WHERE record.id >= ? AND record.id < ?`,
      )
      .all(first, first + PER_MS) as Array<{ id: number; text: string; instance: number }>;
    for (const { id: call, text, instance } of rows) {
      const record = decodeRecord(text);
      if (record.batch?.id !== id || record.batch.item !== null) continue;
      const tally = new Tally(this.names);
      const { feature, operation, provider, model } = record;
      tally.add(record, this.names.seriesOf(feature, operation, provider, model).rollup);
      tally.negate();
      this.rollups.addAll(tally, this.origins.idOfOrigin(instance), this.names);
      this.zones.remove(call);
      this.database.prepare('DELETE FROM record WHERE id = ?').run(call);
      this.database.prepare('DELETE FROM call WHERE id = ?').run(call);
      return;
    }
  }

  private writeAll(drafts: readonly Draft[]): void {
    if (drafts.length === 0) return;
    try {
      inTransaction(this.database, () => this.insertAll(drafts));
    } catch (error) {
      this.names.onRollback();
      this.zones.onRollback();
      throw error;
    }
  }

  private insertAll(drafts: readonly Draft[]): void {
    checkVersion(this.database);
    this.names.refresh();
    const tally = new Tally(this.names);
    const own = this.origins.seen(this.clock.wall(), drafts.at(-1)!.endedAt);
    const suspect = this.clock.suspicion();
    let last = (this.lastId.get() as { id: number | null }).id ?? 0;
    for (const draft of drafts) {
      const { record, endedAt } = draft;
      const firstId = firstIdAt(endedAt);
      const id = firstId > last ? firstId : this.nextFreeId(firstId);
      this.names.setCallTime(timeOfId(id));
      const series = this.names.seriesOf(record.feature, record.operation, record.provider, record.model);
      this.insert(id, series.id, draft, own.instance, suspect);
      this.insertRecord.run(id, draft.text);
      tally.add(record, series.rollup);
      last = Math.max(last, id);
    }
    this.zones.finish();
    this.rollups.addAll(tally, own.origin, this.names);
    this.names.finish();
  }

  private insert(
    id: number,
    series: number,
    { record, endedAt, uuid }: Draft,
    instance: number,
    suspect: number | null,
  ): void {
    const { names } = this;
    const { flags, durationMs, costUsd, tokens, user, ...columns } = callColumns(record);
    const nameIds = [
      names.idOf(record.feature),
      names.idOf(record.operation),
      names.idOf(record.provider),
      names.idOf(record.model),
    ];
    const route = names.idOf(record.route);
    const tenant = names.idOf(record.identity.tenantId ?? null);
    const outcome = names.idOf(columns.outcome);
    const all = [...nameIds, route, tenant, outcome];
    this.zones.add({ id, flags, names: all, durationMs, costUsd, tokens }, suspect);
    const values = [series, route, tenant, outcome, flags, durationMs, costUsd, tokens, user];
    this.insertCall.run(id, ...values, uuid ?? callIdOf(endedAt, this.counter++, this.process), instance);
  }

  /** Returns the first free id from `firstId` on, after all calls of its millisecond. */
  private nextFreeId(firstId: number): number {
    for (let first = firstId; ; first += PER_MS) {
      const end = first + PER_MS;
      const { id } = this.lastIdBelow.get(end) as { id: number | null };
      if (id === null || id < first) return first;
      if (id + 1 < end) return id + 1;
    }
  }
}

/** Sorted by time: zones and tables are appended to. */
function parseBatch(calls: readonly EncodedCall[]): Draft[] {
  const drafts: Draft[] = [];
  for (const call of calls) {
    try {
      const record = decodeRecord(call.text);
      drafts.push({ ...call, record, endedAt: storedEndOf(record) });
    } catch {
      // The caller counts it as dropped.
    }
  }
  return drafts.sort((one, other) => one.endedAt - other.endedAt);
}

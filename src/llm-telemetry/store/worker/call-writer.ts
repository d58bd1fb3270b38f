import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CallRecord } from '../../call/record.js';
import { endOf } from '../call-row.js';
import { outcomeOf } from '../outcome.js';
import { recordOf } from '../record-text.js';
import { flagsOf } from './call-flags.js';
import { firstIdAt, PER_MS } from './call-id.js';
import { userHash } from './call-user.js';
import { Names } from './names.js';
import { RollupStatements, RollupWriter } from './rollup-writer.js';
import { inTransaction } from './transaction.js';
import { troubleOf } from './trouble.js';
import { ZoneWriter } from './zone.js';

/** What became of the calls of a batch. */
export interface Written {
  readonly written: number;
  /** Calls that could not be read: a fault of ours. */
  readonly dropped: number;
}

interface Draft {
  readonly record: CallRecord;
  readonly text: string;
  readonly firstId: number;
}

/** Writes calls and all that is worked out of them. */
export class CallWriter {
  private readonly rollups: RollupStatements;
  private readonly zones: ZoneWriter;
  private readonly insertCall: StatementSync;
  private readonly insertRecord: StatementSync;
  private readonly lastId: StatementSync;
  private readonly lastIdBelow: StatementSync;

  constructor(
    private readonly database: DatabaseSync,
    private readonly names: Names,
  ) {
    this.rollups = new RollupStatements(database);
    this.zones = new ZoneWriter(database);
    this.insertCall = database.prepare('INSERT INTO call VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.insertRecord = database.prepare('INSERT INTO record VALUES (?, ?)');
    this.lastId = database.prepare('SELECT max(id) AS id FROM call');
    this.lastIdBelow = database.prepare('SELECT max(id) AS id FROM call WHERE id < ?');
  }

  /** All of a batch in one transaction. @throws what is wrong with the file; then nothing of the batch is written. */
  write(texts: readonly string[]): Written {
    const drafts = draftsOf(texts);
    try {
      this.writeAll(drafts);
      return { written: drafts.length, dropped: texts.length - drafts.length };
    } catch (error) {
      if (troubleOf(error) !== null) throw error;
    }
    // One of them is something that we did not think of: it must not take the others with it.
    let written = 0;
    for (const draft of drafts) {
      try {
        this.writeAll([draft]);
        written++;
      } catch (error) {
        if (troubleOf(error) !== null) throw error;
      }
    }
    return { written, dropped: texts.length - written };
  }

  private writeAll(drafts: readonly Draft[]): void {
    if (drafts.length === 0) return;
    try {
      inTransaction(this.database, () => this.insertAll(drafts));
    } catch (error) {
      this.names.forget();
      this.zones.forget();
      throw error;
    }
  }

  private insertAll(drafts: readonly Draft[]): void {
    const rollups = new RollupWriter(this.rollups, this.names);
    let last = (this.lastId.get() as { id: number | null }).id ?? 0;
    for (const { record, text, firstId } of drafts) {
      const id = firstId > last ? firstId : this.freeId(firstId);
      const series = this.names.seriesOf(record.feature, record.operation, record.provider, record.model);
      this.insert(id, series, record);
      this.insertRecord.run(id, text);
      rollups.add(record, series);
      last = Math.max(last, id);
    }
    this.zones.finish();
    rollups.finish();
  }

  private insert(id: number, series: number, record: CallRecord): void {
    const { names } = this;
    const { usage, cost } = record;
    const nameIds = [
      names.idOf(record.feature),
      names.idOf(record.operation),
      names.idOf(record.provider),
      names.idOf(record.model),
    ];
    const route = names.idOf(record.route);
    const tenant = names.idOf(record.identity.tenantId ?? null);
    const outcome = names.idOf(outcomeOf(record));
    const flags = flagsOf(record);
    const durationMs = finite(record.latencyMs);
    const costUsd = cost.source === 'unknown' || cost.source === null ? null : finite(cost.costUsd);
    const tokens =
      usage === null || usage.source === 'missing' ? null : finite(usage.inputTokens + usage.outputTokens);
    this.zones.add({
      id,
      flags,
      names: [...nameIds, route, tenant, outcome],
      durationMs,
      costUsd,
      tokens,
    });
    const user = userHash(record.identity.userId ?? null);
    this.insertCall.run(id, series, route, tenant, outcome, flags, durationMs, costUsd, tokens, user);
  }

  /** The first id from `firstId` on that comes after all of its millisecond. */
  private freeId(firstId: number): number {
    for (let first = firstId; ; first += PER_MS) {
      const end = first + PER_MS;
      const { id } = this.lastIdBelow.get(end) as { id: number | null };
      if (id === null || id < first) return first;
      if (id + 1 < end) return id + 1;
    }
  }
}

/** In the order of time: zones and tables are written from left to right. */
function draftsOf(texts: readonly string[]): Draft[] {
  const drafts: Draft[] = [];
  for (const text of texts) {
    try {
      const record = recordOf(text);
      drafts.push({ record, text, firstId: firstIdAt(endOf(record)) });
    } catch {
      // Counted by what is missing.
    }
  }
  return drafts.sort((one, other) => one.firstId - other.firstId);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

import type { DatabaseSync } from 'node:sqlite';
import { BatchTable } from './batch-table.js';
import { PartCache, type QuerySource } from '../core/call-parts.js';
import { CallWriter, type EncodedCall, type WriteResult } from './call-writer.js';
import { type Clock, ConfirmedClock, SYSTEM_CLOCK } from './clock.js';
import type { OwnInstance } from '../core/instance.js';
import type { NameLimits, ReservedNames } from '../core/series.js';
import { Names } from './names.js';
import { NameSlots } from './name-slots.js';
import { Origins } from './origins.js';
import { checkVersion, openDatabase } from './open-database.js';
import { retain, type Retention } from './retention.js';
import { SqliteBackend } from './sqlite-backend.js';

/** One open database, in a file or in memory. */
export class CallDatabase implements QuerySource {
  readonly database: DatabaseSync;
  readonly names: Names;
  readonly backend: SqliteBackend;
  readonly parts: PartCache;
  readonly clock: ConfirmedClock;
  readonly origins: Origins;
  readonly batches: BatchTable;
  private readonly writer: CallWriter;
  private readonly slots: NameSlots;

  /** @throws if the file cannot be used. */
  constructor(
    path: string,
    clock: Clock = SYSTEM_CLOCK,
    kept?: ReservedNames,
    limits?: NameLimits,
    instance: OwnInstance | null = null,
  ) {
    const database = (this.database = openDatabase(path));
    const names = (this.names = new Names(database, kept, limits));
    const origins = (this.origins = new Origins(database, instance));
    this.clock = new ConfirmedClock(database, clock);
    this.writer = new CallWriter(database, names, this.clock, origins);
    this.batches = new BatchTable(database, (endedAt, id) => {
      this.parts.clear();
      this.writer.deleteSum(endedAt, id);
    });
    this.backend = new SqliteBackend({ database, names, clock: this.clock, origins, batches: this.batches });
    this.parts = new PartCache(this.backend);
    this.slots = new NameSlots(database, names, this.writer.rollups);
  }

  /** Prepares for a query: another process may have changed the file. @throws UnusableFileError */
  refresh(): void {
    checkVersion(this.database);
    this.names.refresh();
  }

  /** Deletes calls and rollups beyond the retention limits. Returns true if there is more to delete. */
  retain(retention: Retention): boolean {
    const times = this.clock.tick();
    const more = retain(this.database, this.origins, retention, times);
    this.slots.balance(times.uptime);
    return more;
  }

  /** Writes encoded records. @throws if the file cannot be used; then nothing is written. */
  write(texts: readonly string[]): WriteResult {
    return this.writeCalls(texts.map((text) => ({ text, uuid: null })));
  }

  /** Like `write`, for calls that may have ids. */
  writeCalls(calls: readonly EncodedCall[]): WriteResult {
    this.parts.clear();
    return this.writer.write(calls);
  }

  close(): void {
    this.database.close();
  }
}

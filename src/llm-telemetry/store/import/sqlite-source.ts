import { createHash } from 'node:crypto';
import { callIdOfNumber, type CallId } from '../call-id.js';
import type { OwnInstance } from '../core/instance.js';
import type { DeliveredCall, Delivery, RollupDelivery } from '../core/shared-backend.js';
import { decodeRecord } from '../record-codec/record-text.js';
import { CallDatabase } from '../sqlite/call-database.js';
import { readHorizons } from '../sqlite/retention.js';
import { OldRollups } from './old-rollups.js';

/** Calls in memory, for each process that added calls. */
const CALLS_AT_ONCE = 500;
/** A rollup has two histograms of thousands of buckets while it is in memory. */
const ROLLUPS_AT_ONCE = 200;

/**
 * The calls and rollups of an SQLite file as deliveries. The same file has the same deliveries with the same numbers, so that
 * an import that is repeated writes nothing twice.
 */
export class SqliteSource {
  /** Calls that cannot be decoded, so far. */
  unreadable = 0;
  private readonly source: CallDatabase;
  private readonly identity: string;

  /** Opens a file, and migrates it to the current layout. @throws if the file cannot be used, or was used since an import */
  constructor(path: string) {
    this.source = new CallDatabase(path);
    try {
      this.identity = this.readIdentity();
    } catch (error) {
      this.source.close();
      throw error;
    }
  }

  get callCount(): number {
    return (this.source.database.prepare('SELECT count(*) AS count FROM call').get() as { count: number })
      .count;
  }

  close(): void {
    this.source.close();
  }

  /** Iterates over the calls in the order of their ends, by the process that added them. */
  *deliveries(): Generator<Delivery> {
    const rows = this.source.database
      .prepare(
        'SELECT call.id, uuid, instance, text FROM call JOIN record ON record.id = call.id ORDER BY call.id',
      )
      .iterate() as Iterable<unknown> as Iterable<CallRow>;
    const open = new Map<number, { instance: OwnInstance; number: number; calls: DeliveredCall[] }>();
    for (const { id, uuid, instance: owner, text } of rows) {
      let own = open.get(owner);
      if (!own) open.set(owner, (own = { instance: this.instanceOf(owner), number: 1, calls: [] }));
      const call = callOf(uuid ?? callIdOfNumber(id), text);
      if (!call) this.unreadable++;
      else if (own.calls.push(call) === CALLS_AT_ONCE) {
        yield { ...own };
        own.number++;
        own.calls = [];
      }
    }
    for (const own of open.values()) if (own.calls.length > 0) yield own;
  }

  /** Iterates over the rollups of calls that are no longer kept. */
  *rollupDeliveries(): Generator<RollupDelivery> {
    const horizons = readHorizons(this.source.database);
    for (const [origin, rollups] of new OldRollups(this.source).byOrigin()) {
      const { service, version, environment } = this.source.origins.all().get(origin) ?? UNKNOWN;
      const instance = { ...this.derivedInstance(`origin ${origin}`), service, version, environment };
      let batch = [];
      let number = 1;
      for (const rollup of rollups) {
        if (batch.push(rollup) < ROLLUPS_AT_ONCE) continue;
        yield { instance, number: number++, rollups: batch, horizons };
        batch = [];
      }
      if (batch.length > 0) yield { instance, number, rollups: batch, horizons };
    }
  }

  private instanceOf(id: number): OwnInstance {
    const row = this.source.database
      .prepare('SELECT uuid, host, pid, startedAt FROM instance WHERE id = ?')
      .get(id) as { uuid: string; host: string; pid: number; startedAt: number } | undefined;
    const origin = this.source.origins.originOf(id);
    if (!row) return this.derivedInstance(`instance ${id}`);
    const { uuid, host, pid, startedAt } = row;
    return { id: uuid, host, pid, startedAt, ...origin };
  }

  /** A process that stands for one that the file does not know. */
  private derivedInstance(name: string): OwnInstance {
    const hex = createHash('sha256').update(`${this.identity} ${name}`).digest('hex');
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    return { id, ...UNKNOWN, instance: null, host: 'import', pid: 0, startedAt: 0 };
  }

  /**
   * Returns what distinguishes this file from others, and remembers it in the file: calls that are added after an import
   * would be in rollups that were imported.
   *
   * @throws Error if calls were added or deleted since an import
   */
  private readIdentity(): string {
    const { database } = this.source;
    const contents = database
      .prepare(
        `SELECT (SELECT min(start) FROM rollup) AS start,
           (SELECT text FROM record ORDER BY id LIMIT 1) AS first, (SELECT text FROM record ORDER BY id DESC LIMIT 1) AS last`,
      )
      .get();
    const identity = createHash('sha256').update(JSON.stringify(contents)).digest('hex');
    database.exec('CREATE TABLE IF NOT EXISTS import (identity TEXT NOT NULL) STRICT');
    const before = database.prepare('SELECT identity FROM import').get() as { identity: string } | undefined;
    if (!before) database.prepare('INSERT INTO import (identity) VALUES (?)').run(identity);
    else if (before.identity !== identity)
      throw new Error('The file was used since it was imported, so it cannot be imported again.');
    return identity;
  }
}

const UNKNOWN = { service: null, version: null, environment: null };

interface CallRow {
  readonly id: number;
  readonly uuid: CallId | null;
  readonly instance: number;
  readonly text: string;
}

/** Returns `null` if the record cannot be decoded. */
function callOf(id: CallId, text: string): DeliveredCall | null {
  try {
    return { id, text, record: decodeRecord(text) };
  } catch {
    return null;
  }
}

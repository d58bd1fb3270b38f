import type { BatchMemory } from '../../calls/batches/batch-memory.js';
import type { CallOrigin } from '../call-origin.js';
import type { CallPage, CallQuery, RecordPage, StoredCall } from '../calls.js';
import type {
  KeptSince,
  RecordScan,
  RollupScan,
  SeriesScan,
  StoredErrors,
  StoredRollup,
  StoreStats,
} from '../core/backend.js';
import { callPageOf, recordPageOf } from '../core/call-search.js';
import type { FleetCoordination } from '../fleet.js';
import type { OwnInstance } from '../core/instance.js';
import type { Horizons } from '../core/rollup-ranges.js';
import type { NameLimits, ReservedNames } from '../core/series.js';
import { NAME_LIMITS } from '../core/series.js';
import {
  DatabaseError,
  type Delivery,
  type RollupDelivery,
  type SharedBackend,
} from '../core/shared-backend.js';
import { BatchTable } from './batch-table.js';
import { readCall, searchCalls } from './call-search.js';
import { CallWriter } from './call-writer.js';
import { compact } from './compaction.js';
import { Connection, type Statements } from './connection.js';
import { Days } from './days.js';
import { lockKey, migrate } from './layout.js';
import { LAYOUT } from './migrations.js';
import { assignSlots } from './name-slots.js';
import { Names } from './names.js';
import { Origins } from './origins.js';
import { PostgresFleet } from './postgres-fleet.js';
import { scanRecords } from './record-scan.js';
import { retain, saveRetention } from './retention.js';
import { scanErrors, scanRollups } from './rollup-reader.js';
import { RollupWriter } from './rollup-writer.js';
import type { PostgresSettings } from './settings.js';
import { FreedNamesError, State } from './state.js';
import { readHorizons, readKeptSince, readStats } from './stats.js';

const READ_MS = 20_000;
const COORDINATE_MS = 5000;
const UPKEEP_MS = 20_000;
/** The connection for reading is open only while someone looks. */
const READER_IDLE_MS = 10_000;
/** How often all instances together compact, unless there is much to compact. */
const COMPACT_EVERY = "interval '1.5 seconds'";
const RETAIN_EVERY = "interval '1 minute'";
/** Transactions of one compaction: the other work of the connection waits for them. */
const MAX_COMPACTIONS = 5;
const FULL_COMPACTION = 20_000;

export interface BackendParts {
  /** This process. Without it, instances are not coordinated. */
  readonly instance?: OwnInstance | undefined;
  /** Names that always have rollups of their own. */
  readonly reservedNames?: ReservedNames | undefined;
  readonly limits?: NameLimits | undefined;
  /** Returns the password. Asked for each connection if the settings say so. */
  readonly secret?: (() => Promise<string>) | undefined;
}

/** Returns a backend that connects when it is opened. */
export function createBackend(settings: PostgresSettings, parts: BackendParts = {}): SharedBackend {
  return new PostgresBackend(settings, parts);
}

class PostgresBackend implements SharedBackend {
  readonly batches: BatchMemory;
  readonly fleet?: FleetCoordination;
  private readonly writer: Connection;
  private readonly reader: Connection;
  private readonly names: Names;
  private readonly origins: Origins;
  /** Of the reader. */
  private readonly knownOrigins: Origins;
  private readonly days: Days;
  private readonly state = new State();
  private readonly calls: CallWriter;
  private readonly rollups: RollupWriter;
  private isOpen = false;

  constructor(
    private readonly settings: PostgresSettings,
    { instance, reservedNames = { features: [], tenants: [] }, limits = NAME_LIMITS, secret }: BackendParts,
  ) {
    const { schema, retention } = settings;
    const ask = secret ?? (async () => '');
    const connection = (name: string, idleMs: number | null): Connection =>
      new Connection(settings, ask, { applicationName: `nestjs-llm-telemetry ${name}`, idleMs });
    this.writer = connection('writer', null);
    this.reader = connection('reader', READER_IDLE_MS);
    const newNames = (): Names => new Names(this.writer, schema, reservedNames, limits);
    this.names = newNames();
    this.origins = new Origins(this.writer, schema);
    this.knownOrigins = new Origins(this.reader, schema);
    this.days = new Days(this.writer, schema, retention.callDays);
    const { writer, names, origins, days, state } = this;
    this.calls = new CallWriter({ connection: writer, names, origins, days, state });
    this.rollups = new RollupWriter({ connection: writer, names, origins, state }, schema);
    this.batches = new BatchTable(writer, newNames);
    if (instance) {
      this.fleet = new PostgresFleet(
        (run) => this.opened(() => writer.transaction({ timeoutMs: COORDINATE_MS }, run)),
        instance.id,
      );
    }
  }

  async open(): Promise<void> {
    const { settings, writer } = this;
    await migrate(writer, settings.schema, settings.migrate);
    this.forget();
    await writer.transaction({ timeoutMs: UPKEEP_MS }, (statements) =>
      saveRetention(statements, settings.retention),
    );
    await this.days.prepare();
    this.isOpen = true;
  }

  async write(delivery: Delivery): Promise<void> {
    await this.opened(async () => {
      try {
        await this.calls.write(delivery);
      } catch (error) {
        if (!(error instanceof FreedNamesError || isWithoutPartition(error))) throw error;
        this.forget();
        await this.calls.write(delivery);
      }
    });
  }

  async writeRollups(delivery: RollupDelivery): Promise<void> {
    await this.opened(async () => {
      try {
        await this.rollups.write(delivery);
      } catch (error) {
        if (!(error instanceof FreedNamesError)) throw error;
        this.forget();
        await this.rollups.write(delivery);
      }
    });
  }

  async beat(own: OwnInstance, waiting: number, waitingSince: number | null): Promise<void> {
    await this.opened(() => this.origins.beat(own, waiting, waitingSince));
  }

  async upkeep(): Promise<void> {
    await this.opened(async () => {
      const failure = await this.compactAll().then(
        () => null,
        (error: unknown) => error,
      );
      if (failure instanceof DatabaseError) throw failure;
      await this.retainIfDue();
      // Such as a sum of more than 64 bits. Queries read what was not compacted.
      if (failure) throw new DatabaseError('write_failed', 'PostgreSQL: rollups cannot be compacted.');
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.writer.close(), this.reader.close()]);
  }

  horizons(): Promise<Horizons> {
    return this.read(readHorizons);
  }

  keptSince(): Promise<KeptSince> {
    return this.read(readKeptSince);
  }

  scanRollups(scan: RollupScan, take: (rollup: StoredRollup) => void): Promise<void> {
    return this.read((statements) => scanRollups(statements, scan, take));
  }

  scanErrors(scan: SeriesScan, take: (error: StoredErrors) => void): Promise<void> {
    return this.read((statements) => scanErrors(statements, scan, take));
  }

  scanRecords(scan: RecordScan, take: (text: string, origin: CallOrigin) => void): Promise<void> {
    return this.read((statements) => scanRecords(statements, this.knownOrigins, scan, take));
  }

  async searchCalls(query: CallQuery): Promise<CallPage> {
    return callPageOf(
      await this.read((statements) => searchCalls(statements, this.knownOrigins, query)),
      query,
    );
  }

  async searchRecords(query: CallQuery): Promise<RecordPage> {
    return recordPageOf(
      await this.read((statements) => searchCalls(statements, this.knownOrigins, query)),
      query,
    );
  }

  readCall(id: string): Promise<StoredCall | null> {
    return this.read((statements) => readCall(statements, this.knownOrigins, id));
  }

  stats(): Promise<StoreStats> {
    return this.read(readStats);
  }

  private read<Result>(run: (statements: Statements) => Promise<Result>): Promise<Result> {
    return this.reader.transaction({ timeoutMs: READ_MS, readOnly: true }, run);
  }

  /** Opens the database again if its layout was not found, as after it was restored or emptied. */
  private async opened<Result>(run: () => Promise<Result>): Promise<Result> {
    if (!this.isOpen) await this.open();
    try {
      return await run();
    } catch (error) {
      if (error instanceof DatabaseError && error.trouble === 'older_version') this.isOpen = false;
      throw error;
    }
  }

  private forget(): void {
    this.names.forget();
    this.origins.forget();
    this.days.forget();
  }

  private async compactAll(): Promise<void> {
    for (let runs = 0; runs < MAX_COMPACTIONS; runs++) if ((await this.compact()) < FULL_COMPACTION) return;
  }

  private compact(): Promise<number> {
    return this.writer.transaction({ timeoutMs: UPKEEP_MS }, async (statements) => {
      const [[isElected] = []] = await statements.rows('SELECT pg_try_advisory_xact_lock($1)', [
        lockKey(this.settings.schema, 'compact'),
      ]);
      if (isElected !== true) return 0;
      const due = await statements.change(
        `UPDATE state SET compacted_at = now() WHERE layout = $1 AND (compacted_at < now() - ${COMPACT_EVERY}
           OR (SELECT count(*) FROM (SELECT FROM delta LIMIT ${FULL_COMPACTION}) AS waiting) = ${FULL_COMPACTION})`,
        [LAYOUT],
      );
      return due === 0 ? 0 : compact(statements);
    });
  }

  private async retainIfDue(): Promise<void> {
    const isDue = await this.writer.transaction({ timeoutMs: UPKEEP_MS }, async (statements) => {
      const [[due] = []] = await statements.rows(
        `SELECT retained_at < now() - ${RETAIN_EVERY} AND layout = $1 FROM state`,
        [LAYOUT],
      );
      return due === true;
    });
    if (!isDue) return;
    await this.days.prepare();
    await assignSlots(this.writer, this.settings.schema, this.names);
    try {
      await retain(this.writer, this.settings.schema);
    } catch (error) {
      // A long query holds a partition: the next run drops it.
      if (!(error instanceof DatabaseError && error.trouble === 'locked')) throw error;
    } finally {
      this.days.forget();
      this.knownOrigins.forget();
    }
  }
}

/** A partition was dropped after this process has looked for it. */
function isWithoutPartition(error: unknown): boolean {
  return error instanceof Error && (error as Error & { code?: unknown }).code === '23514';
}

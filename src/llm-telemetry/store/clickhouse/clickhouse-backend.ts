import { randomUUID } from 'node:crypto';
import { MINUTE } from '../../units/time.js';
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
import type { OwnInstance } from '../core/instance.js';
import type { Horizons } from '../core/rollup-ranges.js';
import { NAME_LIMITS, type NameLimits, type ReservedNames } from '../core/series.js';
import type { Delivery, RollupDelivery, SharedBackend } from '../core/shared-backend.js';
import type { FleetCoordination } from '../fleet.js';
import { BatchClaims } from './batch-claims.js';
import { deleteSum } from './batch-sums.js';
import { readCall, scanRecords, searchCalls } from './call-reader.js';
import type { ClickHouseSettings } from './clickhouse-settings.js';
import { ClickHouseFleet } from './clickhouse-fleet.js';
import { Connection } from './connection.js';
import { storedOrigin } from './delivery-rows.js';
import { DeliveryWriter } from './delivery-writer.js';
import { Layout } from './layout.js';
import { Migration } from './migration.js';
import { scanErrors, scanRollups } from './rollup-reader.js';
import { timeText } from './sql.js';
import { readKeptSince, readStats } from './stats-reader.js';
import type { Tables } from './tables.js';

/** What the store's thread passes to a backend. */
export interface BackendContext {
  /** This process; omitted if it only reads. */
  readonly instance?: OwnInstance | undefined;
  readonly reservedNames?: ReservedNames | undefined;
  readonly limits?: NameLimits | undefined;
  /** Returns the password. */
  readonly secret: () => Promise<string>;
  /** Leaves the retention of an existing store as it is. @defaultValue false */
  readonly keepsRetention?: boolean | undefined;
}

/** Creates the backend of `clickhouseStore()`. It connects when it is opened. */
export function createBackend(
  settings: ClickHouseSettings,
  {
    instance,
    reservedNames = { features: [], tenants: [] },
    limits = NAME_LIMITS,
    secret,
    keepsRetention = false,
  }: BackendContext,
): SharedBackend {
  const id = instance?.id ?? randomUUID();
  return new ClickHouseBackend(settings, reservedNames, limits, secret, id, keepsRetention);
}

/** Stores calls in ClickHouse, over HTTP. */
class ClickHouseBackend implements SharedBackend {
  /** Each delivery makes parts that the server must merge. */
  readonly deliveryDelayMs = 1000;
  /** Only names and options are read. */
  readonly upkeepIntervalMs = MINUTE;
  readonly batches: BatchMemory;
  readonly fleet: FleetCoordination;
  private readonly tables: Tables;
  private readonly writer: DeliveryWriter;
  private readonly migration: Migration;
  /** False after a check of the layout has failed. */
  private isUsable = true;

  constructor(
    private readonly settings: ClickHouseSettings,
    reservedNames: ReservedNames,
    limits: NameLimits,
    secret: () => Promise<string>,
    instance: string,
    keepsRetention: boolean,
  ) {
    const connection = new Connection(settings, secret);
    this.tables = { connection, layout: new Layout(settings) };
    const claims = new BatchClaims(this.tables, (endedAt, id) =>
      deleteSum(this.tables, this.writer, endedAt, id),
    );
    this.batches = claims;
    this.fleet = new ClickHouseFleet(this.tables, instance);
    this.writer = new DeliveryWriter(this.tables, reservedNames, limits, (id) => claims.hasItems(id));
    this.migration = new Migration(this.tables, settings, keepsRetention);
  }

  async open(): Promise<void> {
    await this.migration.run();
    await this.writer.refresh(Date.now());
  }

  async write(delivery: Delivery): Promise<void> {
    if (!this.isUsable) await this.checkLayout();
    await this.writer.write(delivery);
  }

  async writeRollups(delivery: RollupDelivery): Promise<void> {
    await this.migration.raiseHorizons(delivery.horizons);
    await this.writer.writeRollups(delivery);
  }

  async beat(own: OwnInstance, waiting: number, waitingSince: number | null): Promise<void> {
    const { service, version, environment, instance } = storedOrigin(own);
    const { connection, layout } = this.tables;
    await connection.insert(
      layout.table('instance'),
      [
        'id',
        'service',
        'version',
        'environment',
        'instance',
        'host',
        'pid',
        'started_at',
        'waiting',
        'waiting_since',
      ],
      [
        [
          own.id,
          service,
          version,
          environment,
          instance,
          own.host,
          own.pid,
          timeText(own.startedAt),
          waiting,
          waitingSince === null ? null : timeText(waitingSince),
        ],
      ],
      {},
    );
  }

  /** The server deletes and merges by itself. */
  async upkeep(): Promise<void> {
    await this.checkLayout();
    await this.writer.refresh(Date.now());
  }

  /** Calls are not written to a layout that a newer version has changed meanwhile. @throws DatabaseError */
  private async checkLayout(): Promise<void> {
    this.isUsable = false;
    await this.migration.check();
    this.isUsable = true;
  }

  async close(): Promise<void> {
    await this.tables.connection.close();
  }

  async horizons(): Promise<Horizons> {
    return this.migration.horizons(Date.now());
  }

  keptSince(): Promise<KeptSince> {
    return readKeptSince(this.tables);
  }

  scanRollups(scan: RollupScan, take: (rollup: StoredRollup) => void): Promise<void> {
    return scanRollups(this.tables, scan, take);
  }

  scanErrors(scan: SeriesScan, take: (error: StoredErrors) => void): Promise<void> {
    return scanErrors(this.tables, scan, take);
  }

  scanRecords(scan: RecordScan, take: (text: string, origin: CallOrigin) => void): Promise<void> {
    return scanRecords(this.tables, scan, take);
  }

  async searchCalls(query: CallQuery): Promise<CallPage> {
    return callPageOf(await searchCalls(this.tables, query), query);
  }

  async searchRecords(query: CallQuery): Promise<RecordPage> {
    return recordPageOf(await searchCalls(this.tables, query), query);
  }

  readCall(id: string): Promise<StoredCall | null> {
    return readCall(this.tables, id);
  }

  stats(): Promise<StoreStats> {
    return readStats(this.tables, this.settings.database, Date.now());
  }
}

import type { CallRecord } from '../../calls/record.js';
import type { CallId } from '../call-id.js';
import type { StoreTrouble } from '../call-store.js';
import type { ErrorsByType } from '../sums.js';
import type { Backend, StoredMeasures } from './backend.js';
import type { OwnInstance } from './instance.js';
import type { Horizons, RollupLength } from './rollup-ranges.js';
import type { Kind, SeriesNames } from './series.js';

/** A call of a delivery. */
export interface DeliveredCall {
  readonly id: CallId;
  readonly record: CallRecord;
  /** The encoded record. */
  readonly text: string;
}

/** Calls of one process that are written together. */
export interface Delivery {
  /** The process that recorded the calls, which need not be the one that delivers them. */
  readonly instance: OwnInstance;
  /** Numbers the deliveries of an instance, from 1. A repeated delivery has the same number and the same calls. */
  readonly number: number;
  /** Sorted by end. */
  readonly calls: readonly DeliveredCall[];
}

/** A rollup of calls that are not delivered: of times of which only rollups are kept. */
export interface DeliveredRollup extends StoredMeasures {
  readonly kind: Kind;
  readonly length: RollupLength;
  /** Unix milliseconds, a multiple of `length`. */
  readonly start: number;
  /** Those of the kind. */
  readonly names: SeriesNames;
  /** Only of models. */
  readonly errors: ErrorsByType;
}

/** Rollups of one program that are written together. */
export interface RollupDelivery {
  /** Numbered like deliveries of calls. Its origin is that of the rollups. */
  readonly instance: OwnInstance;
  readonly number: number;
  /** Of all lengths that are kept: the database derives none from another. */
  readonly rollups: readonly DeliveredRollup[];
  /** Since when the source keeps rollups of each length. */
  readonly horizons: Horizons;
}

/** A database that the instances of a service share. */
export interface SharedBackend extends Backend {
  /** How long a call waits for more calls of its delivery, milliseconds. @defaultValue 250 */
  readonly deliveryDelayMs?: number;
  /** Interval of `upkeep`, milliseconds. @defaultValue 2000 */
  readonly upkeepIntervalMs?: number;
  /**
   * Connects, and creates or checks the layout. Called again after it failed.
   *
   * @throws DatabaseError
   */
  open(): Promise<void>;
  /**
   * Writes calls with their rollups, all or nothing, unless this delivery was written before. Resolves once it is certain
   * that they are written.
   *
   * @throws DatabaseError if the database is the cause; any other error means that these calls cannot be written.
   */
  write(delivery: Delivery): Promise<void>;
  /**
   * Adds rollups to those of the same names, all or nothing, unless this delivery was written before. Rollups that are
   * shorter than the source kept are deleted. Only for moving a store; omitted by databases that cannot do it.
   *
   * @throws DatabaseError
   */
  writeRollups?(delivery: RollupDelivery): Promise<void>;
  /** Shows other processes that this one is alive, and what it has not delivered. @throws DatabaseError */
  beat(own: OwnInstance, waiting: number, waitingSince: number | null): Promise<void>;
  /** Compacts, deletes what exceeds the retention, and prepares for the days to come. @throws DatabaseError */
  upkeep(): Promise<void>;
  /** Closes connections. Never rejects. */
  close(): Promise<void>;
}

/** The database failed or does not respond. What was not written is delivered again. */
export class DatabaseError extends Error {
  constructor(
    readonly trouble: StoreTrouble,
    /** A sentence for the log, without passwords and values. */
    message: string,
  ) {
    super(message);
  }
}

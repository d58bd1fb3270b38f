import type { BatchMemory } from '../../calls/batches/batch-memory.js';
import type { CallOrigin } from '../call-origin.js';
import type { FleetCoordination } from '../fleet.js';
import type { StoreStatus } from '../call-store.js';
import type { CallPage, CallQuery, RecordPage, StoredCall } from '../calls.js';
import type { Dimension, MeasureFilter, SeriesFilter, TimeRange } from '../measures.js';
import type { ErrorSums, StoredSums } from '../sums.js';
import type { Horizons, RollupRange } from './rollup-ranges.js';
import type { Kind, SeriesNames } from './series.js';

/**
 * What a database reads for the store. It returns rows, whose sums it may add up, and computes no measures: those are computed
 * here, once for all databases, so that all give the same numbers.
 *
 * A scan passes each row to `take` before it resolves, in any order.
 */
export interface Backend {
  /** Returns since when rollups of each length are kept. */
  horizons(): Promise<Horizons>;
  /** Returns how far back calls and rollups reach. */
  keptSince(): Promise<KeptSince>;
  /** Reads the rollups of the matching series in disjoint ranges. Those that need not be distinguished may be added up. */
  scanRollups(scan: RollupScan, take: (rollup: StoredRollup) => void): Promise<void>;
  /** Reads the errors of the matching series of models in disjoint ranges. Rows of the same start and type may be added up. */
  scanErrors(scan: SeriesScan, take: (error: StoredErrors) => void): Promise<void>;
  /**
   * Reads the texts of records. `where` may select too many calls: the caller compares names again.
   *
   * @throws StoreQueryError if more calls than `limits` would be read
   */
  scanRecords(scan: RecordScan, take: (text: string, origin: CallOrigin) => void): Promise<void>;
  /** @throws StoreQueryError */
  searchCalls(query: CallQuery): Promise<CallPage>;
  /** @throws StoreQueryError */
  searchRecords(query: CallQuery): Promise<RecordPage>;
  /** Returns `null` also if the text is no id. */
  readCall(id: string): Promise<StoredCall | null>;
  stats(): Promise<StoreStats>;
  readonly batches: BatchMemory;
  /** Omitted by databases of one machine. */
  readonly fleet?: FleetCoordination;
}

/** Number, age and size of the calls, and the processes that added them. */
export type StoreStats = Pick<
  StoreStatus,
  'kept' | 'oldest' | 'newest' | 'firstCallAt' | 'bytes' | 'instances' | 'separateInstances'
>;

/** How far back calls and rollups reach. */
export interface KeptSince {
  /** End of the first call in rollups or calls; exact while that call is kept. `null` if there are no calls. */
  readonly first: number | null;
  /** End of the oldest call that is kept. `null` if no calls are kept. */
  readonly oldest: number | null;
}

export interface SeriesScan {
  readonly ranges: readonly RollupRange[];
  readonly where: SeriesFilter | undefined;
}

export interface RollupScan extends SeriesScan {
  readonly kind: Kind;
  /** Whether histograms are read. */
  readonly quantiles: boolean;
  readonly apart: Apart;
}

/** What rollups are distinguished by. */
export interface Apart {
  readonly by: readonly Dimension[];
  readonly times: boolean;
  /** Routes or tenants that are distinguished; absent: all. */
  readonly names?: readonly string[] | undefined;
}

/** Sums and histograms of a rollup. */
export interface StoredMeasures {
  readonly sums: StoredSums;
  /** Of `HISTOGRAM_MEASURES`, encoded by `LogHistogram`; empty without quantiles. */
  readonly histograms: readonly Uint8Array[];
}

export interface StoredRollup extends StoredMeasures {
  /** At least those that rollups are distinguished by; `null`: of series that are not distinguished. */
  readonly names: SeriesNames | null;
  /** Unix milliseconds. Any time if times are not distinguished. */
  readonly start: number;
}

export interface StoredErrors {
  readonly type: string;
  /** Unix milliseconds. */
  readonly start: number;
  readonly sums: ErrorSums;
}

export interface RecordScan {
  readonly range: TimeRange;
  /** Without provider and model: a call may have attempts of several models. */
  readonly where: Omit<MeasureFilter, 'provider' | 'model'>;
  readonly limits: ScanLimits;
}

/** Bounds of one scan of records. */
export interface ScanLimits {
  /** Matching calls, whose records are read. */
  readonly calls: number;
  /** Calls that are compared with the filter. */
  readonly scanned: number;
}

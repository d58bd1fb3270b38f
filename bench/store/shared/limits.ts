import { allowanceOfShortForm } from '../limits.js';

/** Names a shared store, as in `StoreStatus.kind`. */
export type DatabaseKind = 'postgres' | 'clickhouse';

/** Limits of a shared store, with the server on the same quiet machine of two cores. */
export interface SharedLimits {
  /** Minimum intake of all writers, calls per second; `null`: not checked. */
  readonly intake: number | null;
  /** Maximum processor time of the server at 20,000 calls per second, in cores; `null`: not checked. */
  readonly serverCores: number | null;
  /** Maximum size of a call with its indexes, without rollups. */
  readonly bytesPerCall: number;
  /** Maximum duration of queries over 30 days and over a day, in milliseconds. */
  readonly measureMs: readonly [all: number, day: number];
  readonly listMs: readonly [all: number, day: number];
  readonly callMs: readonly [all: number, day: number];
  /** Maximum time (P99) until another instance can read a call, in milliseconds. */
  readonly seenMs: number;
  /** Maximum processor time of the application's thread per call, as a multiple of SQLite's. */
  readonly threadTimes: number;
  /** Durations of queries are processor time of server and reader, not elapsed time. */
  readonly inProcessorTime: boolean;
  /** Runs of a query, and the index of the run that counts, sorted by time (0: fastest). */
  readonly turns: number;
  readonly counts: number;
}

const TURNS = { turns: 5, counts: 2, inProcessorTime: false };
/** "As with SQLite": the same code runs in this thread, so only noise may differ. */
const THREAD_TIMES = 1.15;

/** Server and reader work on a query at once, on two cores: their processor time adds up. */
const CORES_OF_QUERY = 2;
/** Small partitions have indexes of few pages. */
const PARTLY_FILLED_PAGES = 1.2;

/** Calls per second that all databases take in. */
export const GUARANTEED_INTAKE = 20_000;

/** Guaranteed limits. */
const SHARED_LIMITS: Readonly<Record<DatabaseKind, SharedLimits>> = {
  postgres: {
    intake: GUARANTEED_INTAKE,
    serverCores: 0.6,
    bytesPerCall: 600,
    measureMs: [60, 20],
    listMs: [25, 25],
    callMs: [10, 10],
    seenMs: 2000,
    threadTimes: THREAD_TIMES,
    ...TURNS,
  },
  clickhouse: {
    intake: GUARANTEED_INTAKE,
    serverCores: null,
    bytesPerCall: 180,
    measureMs: [100, 40],
    listMs: [250, 250],
    callMs: [60, 60],
    seenMs: 4000,
    threadTimes: THREAD_TIMES,
    ...TURNS,
  },
};

/**
 * Returns the limits. Those of the short form allow for busy and slower machines, like `limitsOfShortForm`: queries
 * are judged by processor time, the fastest run counts, and durations grow with the time of the reference work. Its intake is
 * not judged: writers, server and other processes share the cores, and what the server does once a second counts more, the fewer
 * calls there are.
 */
export function sharedLimits(kind: DatabaseKind, isShortForm: boolean): SharedLimits {
  const limits = SHARED_LIMITS[kind];
  if (!isShortForm) return limits;
  const allowance = allowanceOfShortForm();
  const factor = allowance * CORES_OF_QUERY;
  const allowed = ([all, day]: readonly [number, number]) => [all * factor, day * factor] as const;
  return {
    ...limits,
    intake: null,
    serverCores: null,
    bytesPerCall: limits.bytesPerCall * PARTLY_FILLED_PAGES,
    measureMs: allowed(limits.measureMs),
    listMs: allowed(limits.listMs),
    callMs: allowed(limits.callMs),
    seenMs: limits.seenMs * allowance,
    threadTimes: 2,
    inProcessorTime: true,
    counts: 0,
  };
}

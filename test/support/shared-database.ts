import type { StoreTrouble } from '../../src/llm-telemetry/store/call-store.js';
import type { Backend } from '../../src/llm-telemetry/store/core/backend.js';
import { readMeasures } from '../../src/llm-telemetry/store/core/read-measures.js';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import type { NameLimits, ReservedNames } from '../../src/llm-telemetry/store/core/series.js';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import type { SharedStoreDescription } from '../../src/llm-telemetry/store/shared-store.js';
import { DAY } from '../../src/llm-telemetry/units/time.js';
import { toUnits } from '../../src/llm-telemetry/units/usd.js';
import { PartCache, type QuerySource } from '../../src/llm-telemetry/store/core/call-parts.js';

/** A way in which a database fails. */
export interface Fault {
  /** Completes the sentence "a database that …". */
  readonly name: string;
  /** What stores report; `null`: nothing, because the database works again at once, or is only slow. */
  readonly trouble: StoreTrouble | null;
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** A moment of a delivery at which its process is killed. */
export interface CrashPoint {
  readonly name: string;
  /** Makes the next delivery stop there: it never gets its response. */
  arm(): Promise<void>;
  /** Resolves at that moment. */
  reached(): Promise<void>;
}

/** What distinguishes a backend of a test. */
export interface BackendParts {
  readonly instance?: OwnInstance;
  readonly reservedNames?: ReservedNames;
  readonly limits?: NameLimits;
  readonly migrate?: true | 'check';
}

/** A database that instances share, as the scenarios of the fleet use it: a real server that can be made to fail. */
export interface SharedDatabase {
  readonly kind: SharedStoreDescription['kind'];
  readonly faults: readonly Fault[];
  readonly crashPoints: readonly CrashPoint[];
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Replaces the database by an empty one. Closes the backends of the test before. */
  reset(): Promise<void>;
  /** Returns a new backend, which is not opened. */
  backend(parts?: BackendParts): SharedBackend;
  /** Returns options of the store for processes of a fleet, whose connections can fail. */
  options(migrate: true | 'check'): object;
  rows(sql: string): Promise<ReadonlyArray<readonly unknown[]>>;
  /** Ends the server without notice. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Makes what is known about alerts older. */
  ageAlerts(seconds: number): Promise<void>;
}

/** Opens a new backend. */
export async function opened(database: SharedDatabase, parts?: BackendParts): Promise<SharedBackend> {
  const backend = database.backend(parts);
  await backend.open();
  return backend;
}

/** Returns what queries are answered from, without a cache that outlives a query. */
export function sourceOf(backend: Backend): QuerySource {
  return {
    backend,
    get parts() {
      return new PartCache(backend);
    },
  };
}

/** Calls and their cost in units of 10⁻¹² USD. */
export interface Totals {
  readonly calls: number;
  readonly units: number;
}

/** Returns the totals of the rollups, the number of calls, and that of their ids. They are equal if each call is stored once. */
export async function storedTotals(
  database: SharedDatabase,
): Promise<Totals & { kept: number; ids: number }> {
  const backend = await opened(database);
  const range = { from: Date.now() - 2 * DAY, to: Date.now() + DAY };
  const { groups } = await readMeasures(sourceOf(backend), { range });
  const [[kept, ids] = []] = await database.rows(
    'SELECT count(*) AS kept, count(DISTINCT id) AS ids FROM llm_telemetry.call',
  );
  const { calls = 0, costUsd = 0 } = groups[0]?.measures ?? {};
  await backend.close();
  return { calls, units: toUnits(costUsd), kept: Number(kept), ids: Number(ids) };
}

/** Returns what `storedTotals` returns if each call is stored once. */
export function onceEach({ calls, units }: Totals): Awaited<ReturnType<typeof storedTotals>> {
  return { calls, units, kept: calls, ids: calls };
}

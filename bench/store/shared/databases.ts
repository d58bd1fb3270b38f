import type { SharedStoreDescription } from 'nestjs-llm-telemetry/postgres';
import { clickhouseStore } from 'nestjs-llm-telemetry/clickhouse';
import { postgresStore } from 'nestjs-llm-telemetry/postgres';
import type { DatabaseKind } from './limits.js';
import { DAYS } from './times.js';
import type { TimesByThread } from './server-processes.js';

/** Number of calls in the database. */
export interface StoredCalls {
  readonly calls: number;
  /** Distinct ids. */
  readonly ids: number;
}

/** A private server with an empty database. */
export interface Database {
  readonly kind: DatabaseKind;
  readonly url: string;
  /** Describes server and settings. */
  readonly description: string;
  /** Processor time of all processes of the server since its start, milliseconds; `null`: it cannot be measured. */
  processorMs(): number | null;
  /** Processor time of all threads of the server that run now; `null`: it cannot be measured. */
  threadTimes(): TimesByThread | null;
  /** Counts the calls that ended since a time, in the table of calls. */
  storedSince(time: number): Promise<StoredCalls>;
  /** Bytes of the table of calls with its indexes. */
  bytesOfCalls(): Promise<number>;
  /** Waits until the work that intake leaves behind is done. */
  compacted(): Promise<void>;
  /** Runs maintenance that the server would run later. */
  maintain(): Promise<void>;
  /** Ends all processes of the server with SIGKILL. */
  kill(): Promise<void>;
  /** Starts the server again. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server. @throws Error with the command that installs it */
export async function startDatabase(kind: DatabaseKind): Promise<Database> {
  if (kind === 'postgres') {
    const { PostgresDatabase } = await import('./postgres-database.js');
    return PostgresDatabase.start();
  }
  const { ClickHouseDatabase } = await import('./clickhouse-database.js');
  return ClickHouseDatabase.start();
}

/** Returns the option `store` of an instance. `folder`: of the outboxes. */
export function storeOn(
  kind: DatabaseKind,
  { url, folder }: { readonly url: string; readonly folder: string },
): SharedStoreDescription {
  const options = { buffer: { path: folder }, retention: { callDays: DAYS + 1 } };
  return kind === 'postgres'
    ? postgresStore({ ...options, connection: url })
    : clickhouseStore({ ...options, url });
}

import type { CallStore } from './call-store.js';
import type { SharedStoreDescription } from './shared-store.js';

/**
 * Where calls are stored: in a file (`{ path }`), in a database that instances share (`postgresStore()`,
 * `clickhouseStore()`), in memory, nowhere (`false`), or in a custom `CallStore`. `true` is the same as `{}`.
 *
 * @publicApi
 */
export type StoreOption = StoreOptions | SharedStoreDescription | 'memory' | boolean | CallStore;

/** @publicApi */
export interface StoreOptions {
  /**
   * Path of the SQLite file. File and folder are created if they do not exist. Processes on one machine can share the file.
   * Do not put it on a network drive.
   * @defaultValue `./.llm-telemetry/calls.db`; memory if `NODE_ENV` is `test`
   */
  readonly path?: string | undefined;
  readonly retention?: RetentionOptions | undefined;
}

/** Limits of stored data; the first limit reached applies. @publicApi */
export interface RetentionOptions {
  /** Days that calls are kept. @defaultValue 30 */
  readonly callDays?: number | undefined;
  /** Size limit in bytes, beyond which the oldest calls are deleted. @defaultValue 1 GiB; 64 MiB in memory */
  readonly maxBytes?: number | undefined;
  /**
   * Days that rollups are kept: of a minute for at most 4, of a quarter of an hour for 32, of an hour for 100.
   * @defaultValue 400
   */
  readonly rollupDays?: number | undefined;
}

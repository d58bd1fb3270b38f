import type { CallStore } from './call-store.js';

/**
 * Where calls are remembered: in a file (`{ path }`), in memory, nowhere (`false`), or in a store of your own.
 *
 * @publicApi
 */
export type StoreOption = StoreOptions | 'memory' | false | CallStore;

/** @publicApi */
export interface StoreOptions {
  /**
   * An SQLite file, made with its folder where it is not there. Processes on one machine may share it; never put it on a
   * network drive. Default `./.llm-telemetry/calls.db`, and memory where `NODE_ENV` is `test`.
   */
  readonly path?: string | undefined;
  readonly retention?: RetentionOptions | undefined;
}

/** How long what is kept; whichever limit is reached first. @publicApi */
export interface RetentionOptions {
  /** Days that calls are kept. Default 30. */
  readonly callDays?: number | undefined;
  /** Bytes that the file may take before its oldest calls go. Default 1 GiB; 64 MiB in memory. */
  readonly maxBytes?: number | undefined;
  /** Days that rollups are kept: minutes for at most 4 of them, quarters of an hour for 32, hours for 100. Default 400. */
  readonly rollupDays?: number | undefined;
}

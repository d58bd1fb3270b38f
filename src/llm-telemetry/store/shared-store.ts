/** Marks the description of a shared store, in every copy of this package. */
export const SHARED_STORE: unique symbol = Symbol.for('nestjs-llm-telemetry.shared-store.v1');

/**
 * Describes a database that the instances of a service share, as `postgresStore()` and `clickhouseStore()` return it. The
 * store opens it in its own thread.
 *
 * @publicApi
 */
export interface SharedStoreDescription {
  /** @internal */
  readonly [SHARED_STORE]: true;
  readonly kind: 'postgres' | 'clickhouse';
  /** Settings of the database; a structured clone is passed to the store's thread. */
  readonly settings: unknown;
  /** Host and name of the database for status and log, without user and password. */
  readonly where: string;
  readonly buffer: BufferSettings;
  /** Returns the password; runs in the application's thread before each connection. */
  readonly secrets?: (() => Promise<string>) | undefined;
}

/** Where calls wait until the database has them. @publicApi */
export interface BufferOptions {
  /**
   * Folder on a local disk. Each process adds a file, and delivers the files that ended processes left. Services can share
   * the folder.
   * @defaultValue `./.llm-telemetry/outbox`
   */
  readonly path?: string | undefined;
  /** Size limit of a process's file in bytes, beyond which new calls are dropped and counted. @defaultValue 256 MiB */
  readonly maxBytes?: number | undefined;
}

/** As `BufferOptions`, with defaults. `memory`: calls that the database does not have are lost when the process ends. */
export type BufferSettings = { readonly path: string; readonly maxBytes: number } | 'memory';

const DEFAULT_BUFFER = { path: './.llm-telemetry/outbox', maxBytes: 256 * 1024 * 1024 };

/** Returns the settings of the option `buffer`. */
export function bufferSettings(option: BufferOptions | 'memory' = {}): BufferSettings {
  if (option === 'memory') return option;
  const { path, maxBytes } = DEFAULT_BUFFER;
  return { path: option.path ?? path, maxBytes: option.maxBytes ?? maxBytes };
}

/** Returns the description of a shared store. */
export function describeSharedStore(
  description: Omit<SharedStoreDescription, typeof SHARED_STORE>,
): SharedStoreDescription {
  return { ...description, [SHARED_STORE]: true };
}

/** Returns true for a description of any copy of this package. */
export function isSharedStore(value: unknown): value is SharedStoreDescription {
  return typeof value === 'object' && value !== null && SHARED_STORE in value;
}

import type { BufferOptions } from '../shared-store.js';
import type { RetentionOptions } from '../store.options.js';

/** Options of `postgresStore`. @publicApi */
export interface PostgresStoreOptions {
  /**
   * Connection string (`postgres://user:password@host:5432/database`), or an object with the options of a `Client` of the
   * package `pg`. TLS as in `pg`: `?sslmode=` or `ssl`. The object is passed to a thread, so it cannot contain functions.
   */
  readonly connection: string | object;
  /**
   * Returns the password. Called before each connection, for tokens that expire, such as those of IAM.
   * @defaultValue the password in `connection`, or of `PGPASSWORD` or the password file
   */
  readonly password?: (() => Promise<string>) | undefined;
  /**
   * Schema of the tables. It must not contain other tables. Created if it does not exist.
   * @defaultValue `llm_telemetry`
   */
  readonly schema?: string | undefined;
  /**
   * Limits of stored data. The instance that started last decides for all. Calls are deleted in whole days (UTC), and the
   * current day is never deleted.
   */
  readonly retention?: RetentionOptions | undefined;
  /** Where calls wait while the database does not respond. `memory`: they are lost when the process ends. */
  readonly buffer?: BufferOptions | 'memory' | undefined;
  /**
   * `true`: creates and migrates the tables at start. `check`: the role must not create tables; run
   * `npx nestjs-llm-telemetry migrate` with another one before a new version starts.
   * @defaultValue `true`
   */
  readonly migrate?: true | 'check' | undefined;
}

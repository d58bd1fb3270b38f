import type { BufferOptions } from '../shared-store.js';

/** Options of `clickhouseStore()`. @publicApi */
export interface ClickHouseStoreOptions {
  /**
   * Address of the HTTP interface, without a path. It can contain user and password.
   * @example 'https://clickhouse.internal:8443'
   */
  readonly url: string;
  /** @defaultValue the user in `url`, else `default` */
  readonly username?: string | undefined;
  /**
   * The password, or a function that returns it for each new connection. Never part of messages.
   * @defaultValue the password in `url`, else none
   */
  readonly password?: string | (() => string | Promise<string>) | undefined;
  /**
   * Name of the database, which is created if it does not exist. Its tables belong to the store.
   * @defaultValue `llm_telemetry`
   */
  readonly database?: string | undefined;
  /**
   * Name of a cluster: tables are created on all of its servers, with replicated engines. Not needed with ClickHouse Cloud,
   * which replicates by itself.
   */
  readonly cluster?: string | undefined;
  /** Where calls wait until the database has them. */
  readonly buffer?: BufferOptions | 'memory' | undefined;
  readonly retention?: ClickHouseRetentionOptions | undefined;
  /**
   * `true` creates tables and adapts them to new versions when the application starts; `check` only checks them, for users
   * without the permission to change them.
   * @defaultValue `true`
   */
  readonly migrate?: true | 'check' | undefined;
}

/** How long the server keeps calls and rollups. The instance that started last decides. @publicApi */
export interface ClickHouseRetentionOptions {
  /** Days that calls are kept. The calls of a day are deleted together. @defaultValue 30 */
  readonly callDays?: number | undefined;
  /**
   * Days that rollups are kept: of a minute for at most 4, of a quarter of an hour for 32, of an hour for 100.
   * @defaultValue 400
   */
  readonly rollupDays?: number | undefined;
}

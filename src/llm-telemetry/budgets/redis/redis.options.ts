/** Options of `redisLedger`: either `connection` or `client`. @publicApi */
export interface RedisLedgerOptions {
  /**
   * Connection string (`redis://user:password@host:6379/0`, `rediss://` for TLS), or an object with the options of a `Redis`
   * of `ioredis`, such as `sentinels` and `tls`. The ledger opens one connection, and closes it when the application stops.
   */
  readonly connection?: string | object | undefined;
  /**
   * A `Redis` or `Cluster` of `ioredis` that belongs to the application. It is never closed. At most four requests for each
   * budget wait in it while Redis is away.
   */
  readonly client?: RedisClient | undefined;
  /**
   * Prefix of the keys. Services that use the same Redis need different prefixes, unless they share their budgets.
   * @defaultValue `llm_telemetry:`
   */
  readonly prefix?: string | undefined;
}

/** What the ledger uses of a client of `ioredis`. @publicApi */
export interface RedisClient {
  readonly status: string;
  evalsha(sha: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
}

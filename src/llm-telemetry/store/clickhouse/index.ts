import { LlmTelemetryOptionsError } from '../../validation/options-error.js';
import { bufferSettings, describeSharedStore, type SharedStoreDescription } from '../shared-store.js';
import type { ClickHouseStoreOptions } from './clickhouse.options.js';
import { problemsInClickHouseOptions } from './clickhouse.schema.js';
import type { ClickHouseSettings } from './clickhouse-settings.js';

export type { ClickHouseRetentionOptions, ClickHouseStoreOptions } from './clickhouse.options.js';
export type { BufferOptions, SharedStoreDescription } from '../shared-store.js';

/**
 * Describes a store in ClickHouse that all instances of a service share, for the option `store`. Install the package
 * `@clickhouse/client` (1.11 or later), which the store's thread loads.
 *
 * @throws LlmTelemetryOptionsError
 * @example
 * LlmTelemetryModule.forRoot({
 *   store: clickhouseStore({ url: 'http://clickhouse:8123', password: process.env.CLICKHOUSE_PASSWORD }),
 * })
 * @publicApi
 */
export function clickhouseStore(options: ClickHouseStoreOptions): SharedStoreDescription {
  const problems = problemsInClickHouseOptions(options);
  if (problems.length > 0) throw new LlmTelemetryOptionsError(problems);
  const { buffer, cluster, database = 'llm_telemetry', migrate = true, retention = {} } = options;
  const url = new URL(options.url);
  const password = options.password ?? decodeURIComponent(url.password);
  const settings: ClickHouseSettings = {
    url: url.origin,
    username: options.username ?? (decodeURIComponent(url.username) || 'default'),
    database,
    cluster: cluster ?? null,
    retention: { callDays: retention.callDays ?? 30, rollupDays: retention.rollupDays ?? 400 },
    migrate,
  };
  return describeSharedStore({
    kind: 'clickhouse',
    settings,
    where: `${url.host}/${database}`,
    buffer: bufferSettings(buffer),
    secrets: async () => (typeof password === 'function' ? password() : password),
  });
}

import { describeValue } from '../../validation/message-text.js';
import { LlmTelemetryOptionsError } from '../../validation/options-error.js';
import { pathText, problemsIn, type Path } from '../../validation/problems.js';
import { bufferSettings, describeSharedStore, type SharedStoreDescription } from '../shared-store.js';
import type { PostgresStoreOptions } from './postgres.options.js';
import { postgresSchema } from './postgres.schema.js';
import type { PostgresSettings } from './settings.js';

/**
 * Describes a store in PostgreSQL, for the option `store`. Several instances can use it at once, each with at most two
 * connections. Works through poolers, also in transaction mode.
 *
 * @example
 * ```ts
 * LlmTelemetryModule.forRoot({ store: postgresStore({ connection: process.env.DATABASE_URL }) });
 * ```
 *
 * @throws LlmTelemetryOptionsError
 * @publicApi
 */
export function postgresStore(options: PostgresStoreOptions): SharedStoreDescription {
  const problems = problemsIn(postgresSchema, options, describeOption);
  if (problems.length > 0)
    throw new LlmTelemetryOptionsError(
      problems.map(({ sentence }) => sentence((path) => pathText(['postgresStore', ...path]))),
    );
  const { connection, password, schema = 'llm_telemetry', retention = {}, buffer, migrate = true } = options;
  const { callDays = 30, rollupDays = 400, maxBytes } = retention;
  const settings: PostgresSettings = {
    connection,
    asksPassword: password !== undefined,
    schema,
    migrate,
    retention: { callDays, rollupDays, maxBytes: maxBytes === undefined ? null : Math.ceil(maxBytes) },
  };
  return describeSharedStore({
    kind: 'postgres',
    settings,
    where: whereOf(connection),
    buffer: bufferSettings(buffer),
    ...(password && { secrets: password }),
  });
}

/** A connection can contain the password, wherever it was put by mistake. */
function describeOption(input: unknown, path: Path): string {
  if (path[0] !== 'connection' && path[0] !== 'password' && path.length > 0) return describeValue(input);
  return input === undefined ? 'undefined' : `a value of type ${typeof input}`;
}

/** Returns host and database of a connection. */
export function whereOf(connection: string | object): string {
  if (typeof connection === 'string') {
    if (!URL.canParse(connection)) return 'PostgreSQL';
    const { hostname, port, pathname, searchParams } = new URL(connection);
    const host = hostname || searchParams.get('host') || 'localhost';
    return `${decodeURIComponent(host)}${port && `:${port}`}${pathname}`;
  }
  const { connectionString, host, port, database } = connection as Readonly<Record<string, unknown>>;
  if (typeof connectionString === 'string') return whereOf(connectionString);
  const text = (input: unknown): string =>
    typeof input === 'string' || typeof input === 'number' ? String(input) : '';
  return `${text(host) || 'localhost'}${text(port) && `:${text(port)}`}${text(database) && `/${text(database)}`}`;
}

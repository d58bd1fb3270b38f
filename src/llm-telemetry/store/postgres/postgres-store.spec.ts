import { LlmTelemetryOptionsError } from '../../validation/options-error.js';
import { isSharedStore } from '../shared-store.js';
import type { PostgresStoreOptions } from './postgres.options.js';
import { postgresStore, whereOf } from './postgres-store.js';

const connection = 'postgres://user:pass-word@db.internal:5433/shop?sslmode=require';

function problemsOf(options: unknown): readonly string[] {
  try {
    postgresStore(options as PostgresStoreOptions);
    return [];
  } catch (error) {
    if (error instanceof LlmTelemetryOptionsError) return error.problems;
    throw error;
  }
}

describe('postgresStore', () => {
  it('describes a store with defaults, which can be cloned into a thread', () => {
    const store = postgresStore({ connection });
    expect(isSharedStore(store)).toBe(true);
    expect(store).toMatchObject({
      kind: 'postgres',
      where: 'db.internal:5433/shop',
      buffer: { path: './.llm-telemetry/outbox' },
      settings: {
        schema: 'llm_telemetry',
        migrate: true,
        asksPassword: false,
        retention: { callDays: 30, rollupDays: 400, maxBytes: null },
      },
    });
    expect(structuredClone(store.settings)).toEqual(store.settings);
  });

  it('keeps the password function in the thread of the application', async () => {
    const { settings, secrets } = postgresStore({ connection, password: async () => 'token' });
    expect(settings).toMatchObject({ asksPassword: true });
    expect(await secrets!()).toBe('token');
  });

  it.each([
    [
      {},
      'postgresStore.connection must be a connection string such as "postgres://user@host:5432/database", or an object with options of pg, received undefined.',
    ],
    [
      { connection, schema: 'Mixed' },
      'postgresStore.schema must be a name of lower-case letters, digits and underscores that does not start with "pg_", received the string "Mixed".',
    ],
    [{ connection, migrate: false }, 'postgresStore.migrate must be true or "check", received false.'],
    [
      { connection, retention: { callDays: 0 } },
      'postgresStore.retention.callDays must be a positive number of days, received 0.',
    ],
    [
      { connection, buffer: 'disk' },
      'postgresStore.buffer must be "memory" or an object such as { path: "/var/lib/app/outbox" }, received the string "disk".',
    ],
    [{ connection, passwort: 'x' }, 'unknown option "passwort". Did you mean "password"?'],
  ])('rejects %j with the option, the value and what is expected', (options, sentence) => {
    expect(problemsOf(options)).toEqual([sentence]);
  });

  // vitaly-t/connection-string#42, bytebase/dbhub#165: passwords with special characters make invalid URLs.
  it.each([
    ['postgres://user:secret#?/word@host/db'],
    ['mysql://user:secret@host/db'],
    ['user:secret@host/db'],
    [{ host: 'h', password: () => 'secret' }],
    [['secret']],
  ])('never shows the password of an invalid connection', (invalid) => {
    const problems = problemsOf({ connection: invalid });
    expect(problems).toHaveLength(1);
    expect(problems[0]).not.toContain('secret');
    expect(problemsOf({ connection, password: 'secret' })[0]).not.toContain('secret');
  });

  it.each([
    ['postgres://user:secret@db.internal/shop', 'db.internal/shop'],
    ['postgresql://%2Fvar%2Frun%2Fpostgresql/shop', '/var/run/postgresql/shop'],
    [{ host: '10.0.0.1', port: 5432, database: 'shop', user: 'u', password: 'secret' }, '10.0.0.1:5432/shop'],
    [{}, 'localhost'],
    ['/var/run/postgresql shop', 'PostgreSQL'],
  ])('names host and database of %j', (input, where) => {
    expect(whereOf(input)).toBe(where);
  });
});

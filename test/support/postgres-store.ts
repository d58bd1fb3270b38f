import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { createBackend, type BackendParts } from '../../src/llm-telemetry/store/postgres/postgres-backend.js';
import type { PostgresSettings } from '../../src/llm-telemetry/store/postgres/settings.js';

/** Returns the settings of `postgresStore({ connection })`. */
export function postgresSettings(
  connection: string | object,
  differences: Partial<PostgresSettings> = {},
): PostgresSettings {
  return {
    connection,
    asksPassword: false,
    schema: 'llm_telemetry',
    migrate: true,
    retention: { callDays: 30, rollupDays: 400, maxBytes: null },
    ...differences,
  };
}

/** Creates backends, and closes them after each test. */
export function postgresBackends() {
  const open: SharedBackend[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((backend) => backend.close()));
  });
  return {
    create(
      connection: string | object,
      differences?: Partial<PostgresSettings>,
      parts?: BackendParts,
    ): SharedBackend {
      const backend = createBackend(postgresSettings(connection, differences), parts);
      open.push(backend);
      return backend;
    },
    async open(
      connection: string | object,
      differences?: Partial<PostgresSettings>,
      parts?: BackendParts,
    ): Promise<SharedBackend> {
      const backend = this.create(connection, differences, parts);
      await backend.open();
      return backend;
    },
  };
}

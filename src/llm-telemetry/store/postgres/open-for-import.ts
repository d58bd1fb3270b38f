import type { SharedBackend } from '../core/shared-backend.js';
import type { SharedStoreDescription } from '../shared-store.js';
import { Connection } from './connection.js';
import { migrate } from './layout.js';
import { createBackend } from './postgres-backend.js';
import type { PostgresRetention, PostgresSettings } from './settings.js';

const READ_MS = 10_000;

/** Opens a store without changing the retention that its services have set. @throws DatabaseError */
export async function openForImport({ settings, secrets }: SharedStoreDescription): Promise<SharedBackend> {
  const own = settings as PostgresSettings;
  const secret = secrets ?? (async () => '');
  const backend = createBackend({ ...own, retention: await readRetention(own, secret) }, { secret });
  await backend.open();
  return backend;
}

async function readRetention(
  settings: PostgresSettings,
  secret: () => Promise<string>,
): Promise<PostgresRetention> {
  const options = { applicationName: 'nestjs-llm-telemetry import', idleMs: null };
  const connection = new Connection(settings, secret, options);
  try {
    await migrate(connection, settings.schema, settings.migrate);
    const [[callDays, rollupDays, maxBytes] = []] = await connection.transaction(
      { timeoutMs: READ_MS, readOnly: true },
      (statements) =>
        statements.rows<readonly [number, number, number | null]>(
          'SELECT call_days, rollup_days, max_bytes FROM state',
        ),
    );
    return { callDays: callDays!, rollupDays: rollupDays!, maxBytes: maxBytes ?? null };
  } finally {
    await connection.close();
  }
}

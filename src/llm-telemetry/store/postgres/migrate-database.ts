import type { SharedStoreDescription } from '../shared-store.js';
import { Connection, quoted } from './connection.js';
import { Days } from './days.js';
import { migrate } from './layout.js';
import type { PostgresSettings } from './settings.js';

const GRANT_MS = 30_000;

/**
 * Migrates the tables of a store.
 *
 * @param options - `check`: change nothing; `grant`: a role that gets the permissions of an application
 * @returns the layouts before and after
 * @throws DatabaseError
 */
export async function migrateDatabase(
  { settings, secrets }: SharedStoreDescription,
  options: { readonly check: boolean; readonly grant?: string | undefined },
): Promise<{ readonly from: number; readonly to: number }> {
  const own = settings as PostgresSettings;
  const connection = new Connection(own, secrets ?? (async () => ''), {
    applicationName: 'nestjs-llm-telemetry migrate',
    idleMs: null,
  });
  try {
    const layouts = await migrate(connection, own.schema, options.check ? 'check' : true);
    if (options.check) return layouts;
    await new Days(connection, own.schema, own.retention.callDays).prepare();
    if (options.grant !== undefined) await grant(connection, own.schema, options.grant);
    return layouts;
  } finally {
    await connection.close();
  }
}

/** Grants what an instance needs that does not migrate. */
async function grant(connection: Connection, schema: string, role: string): Promise<void> {
  const [of, to] = [quoted(schema), quoted(role)];
  await connection.transaction({ timeoutMs: GRANT_MS }, (statements) =>
    statements.change(
      `GRANT USAGE ON SCHEMA ${of} TO ${to};
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${of} TO ${to};
       GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${of} TO ${to}`,
    ),
  );
}

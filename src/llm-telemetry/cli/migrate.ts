import { parseArgs } from 'node:util';
import { migrateDatabase } from '../store/postgres/migrate-database.js';
import { postgresStore } from '../store/postgres/postgres-store.js';
import { errorText, type CommandResult } from './prices.js';

export const USAGE = `Usage: nestjs-llm-telemetry migrate [options]

Creates the tables of the store in PostgreSQL, or migrates them to the layout of this version. Needs the package pg.

  --url <url>       Connection string (default: the environment variable LLM_STORE_URL). It is visible to other users of
                    the machine, so use the variable if it contains a password.
  --schema <name>   Schema of the tables (default: llm_telemetry).
  --check           Change nothing.
  --grant <role>    Also grant a role what an application needs with migrate: "check".

Exit codes: 1 if the tables cannot be migrated, or with --check if they must be, 2 if an argument is invalid.
`;

/** Runs the command `migrate`. Never rejects. */
export async function migrateCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<CommandResult> {
  let query: {
    readonly store: ReturnType<typeof postgresStore>;
    readonly check: boolean;
    readonly grant?: string;
  };
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        schema: { type: 'string' },
        check: { type: 'boolean', default: false },
        grant: { type: 'string' },
      },
    });
    const connection = values.url ?? env['LLM_STORE_URL'];
    if (connection === undefined)
      throw new TypeError(
        'Expected --url or the environment variable LLM_STORE_URL with a connection string.',
      );
    const { check, schema, grant } = values;
    query = { store: postgresStore({ connection, schema }), check, ...(grant !== undefined && { grant }) };
  } catch (error) {
    return { code: 2, stdout: '', stderr: `${errorText(error)}\n${USAGE}` };
  }
  const { store, check, grant } = query;
  try {
    const { from, to } = await migrateDatabase(store, { check, grant });
    const done = from === to ? `is up to date (layout ${to})` : `was migrated from layout ${from} to ${to}`;
    return { code: 0, stdout: `${store.where} ${done}.\n`, stderr: '' };
  } catch (error) {
    return { code: 1, stdout: '', stderr: `error ${(error as Error).message}\n` };
  }
}

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { importFile } from '../store/import/import-file.js';
import { clickhouseStore } from '../store/clickhouse/index.js';
import { openForImport as openClickHouse } from '../store/clickhouse/open-for-import.js';
import { openForImport as openPostgres } from '../store/postgres/open-for-import.js';
import { postgresStore } from '../store/postgres/postgres-store.js';
import type { SharedStoreDescription } from '../store/shared-store.js';
import { errorText, type CommandResult } from './prices.js';

export const USAGE = `Usage: nestjs-llm-telemetry import <file> [options]

Adds the calls and rollups of an SQLite file to a store in PostgreSQL or ClickHouse. Calls keep their ids, so links to them stay
valid. Stop the services that use the file first. An import that was interrupted is continued by the same command, and nothing
is added twice. Needs the package pg or @clickhouse/client.

  --to <url>         Connection string (postgres://), or address of ClickHouse (http:// or https://). Default: the environment
                     variable LLM_STORE_URL. It is visible to other users of the machine, so use the variable if it contains
                     a password.
  --schema <name>    Schema of the tables in PostgreSQL (default: llm_telemetry).
  --database <name>  Database in ClickHouse (default: llm_telemetry).

Exit codes: 1 if the file or the database cannot be used, 2 if an argument is invalid.
`;

const OPEN = { postgres: openPostgres, clickhouse: openClickHouse } as const;

/** Runs the command `import`. Never rejects. */
export async function importCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<CommandResult> {
  let file: string;
  let store: SharedStoreDescription;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { to: { type: 'string' }, schema: { type: 'string' }, database: { type: 'string' } },
    });
    const [path, ...others] = positionals;
    if (path === undefined || others.length > 0)
      throw new TypeError(`Expected one file, received ${positionals.join(', ') || 'none'}.`);
    if (!existsSync(path)) throw new TypeError(`${path} does not exist.`);
    const connection = values.to ?? env['LLM_STORE_URL'];
    if (connection === undefined)
      throw new TypeError(
        'Expected --to or the environment variable LLM_STORE_URL with a connection string.',
      );
    file = path;
    store = /^https?:/.test(connection)
      ? clickhouseStore({ url: connection, database: values.database })
      : postgresStore({ connection, schema: values.schema });
  } catch (error) {
    return { code: 2, stdout: '', stderr: `${errorText(error)}\n${USAGE}` };
  }
  try {
    const backend = await OPEN[store.kind](store);
    try {
      const { calls, rollups, unreadable } = await importFile(file, backend);
      const skipped = unreadable > 0 ? ` ${unreadable} calls cannot be read and were skipped.` : '';
      const done = `${store.where} has all ${calls} calls and ${rollups} older rollups of ${file}.${skipped}\n`;
      return { code: 0, stdout: done, stderr: '' };
    } finally {
      await backend.close();
    }
  } catch (error) {
    return { code: 1, stdout: '', stderr: `error ${(error as Error).message}\n` };
  }
}

import { createHash } from 'node:crypto';
import { DatabaseError } from '../core/shared-backend.js';
import { TROUBLE_DESCRIPTIONS } from '../core/trouble.js';
import { quoted, type Connection, type Statements } from './connection.js';
import { LAYOUT, MIGRATIONS } from './migrations.js';

/** Jobs that one process at a time does. */
export type Job = 'migrate' | 'names' | 'days' | 'compact' | 'retain';

/** Returns the key of an advisory lock. Locks of transactions also work through poolers. */
export function lockKey(schema: string, job: Job): string {
  const digest = createHash('sha256').update(`nestjs-llm-telemetry ${schema} ${job}`).digest();
  return digest.readBigInt64BE().toString();
}

const OPEN_MS = 60_000;

/**
 * Creates the layout or brings it up to date; with `check`, only checks it. Processes that start at once take turns.
 *
 * @returns the layouts before and after
 * @throws DatabaseError
 */
export async function migrate(
  connection: Connection,
  schema: string,
  mode: true | 'check',
): Promise<{ readonly from: number; readonly to: number }> {
  // A layout that is up to date needs no lock and no permissions.
  const found = await connection.transaction({ timeoutMs: OPEN_MS }, async (statements) => {
    await checkServer(statements);
    return layoutOf(statements, schema);
  });
  checkLayout(found, mode === 'check');
  if (found === LAYOUT) return { from: LAYOUT, to: LAYOUT };
  return connection.transaction({ timeoutMs: OPEN_MS }, async (statements) => {
    await statements.rows('SELECT pg_advisory_xact_lock($1)', [lockKey(schema, 'migrate')]);
    const from = await layoutOf(statements, schema);
    checkLayout(from, false);
    if (from === 0) await createSchema(statements, schema);
    for (const migration of MIGRATIONS.slice(from)) await statements.change(migration);
    if (from < LAYOUT) await statements.change('UPDATE state SET layout = $1', [LAYOUT]);
    return { from, to: LAYOUT };
  });
}

/** PostgreSQL 14 is the oldest version with the syntax that is used. */
const OLDEST_SERVER = 140_000;

/** @throws DatabaseError if the server cannot have the layout */
async function checkServer(statements: Statements): Promise<void> {
  const [[version, encoding] = []] = await statements.rows<readonly [number, string]>(
    `SELECT current_setting('server_version_num')::int, current_setting('server_encoding')`,
  );
  if (version! < OLDEST_SERVER) {
    throw new DatabaseError(
      'not_a_store',
      `PostgreSQL: expected version 14 or later, found ${version! / 10_000}.`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new DatabaseError(
      'not_a_store',
      `PostgreSQL: the database must have the encoding UTF8, found ${encoding}. Create it with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
    );
  }
}

/** Returns the layout of the schema; 0 if there is none. */
async function layoutOf(statements: Statements, schema: string): Promise<number> {
  const [[state, tables] = []] = await statements.rows(
    `SELECT to_regclass($1) IS NOT NULL, EXISTS (
       SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
       WHERE nspname = $2 AND relname IN ('call', 'rollup', 'series', 'state')
     )`,
    [`${quoted(schema)}.state`, schema],
  );
  if (state === false && tables === false) return 0;
  const [[layout] = []] = await statements.rows('SELECT layout FROM state').catch((error: unknown) => {
    if (error instanceof Error && ['42P01', '42703'].includes((error as { code?: string }).code ?? ''))
      throw notAStore(schema);
    throw error;
  });
  if (typeof layout !== 'number') throw notAStore(schema);
  return layout;
}

function notAStore(schema: string): DatabaseError {
  return new DatabaseError(
    'not_a_store',
    `PostgreSQL: the schema ${JSON.stringify(schema)} has tables of another application. Choose another one in the option "schema".`,
  );
}

function checkLayout(layout: number, mustBeCurrent: boolean): void {
  const trouble =
    layout > LAYOUT ? 'newer_version' : mustBeCurrent && layout < LAYOUT ? 'older_version' : null;
  if (trouble === null) return;
  throw new DatabaseError(
    trouble,
    `PostgreSQL: ${TROUBLE_DESCRIPTIONS[trouble]} (layout ${layout}, expected ${LAYOUT}).`,
  );
}

async function createSchema(statements: Statements, schema: string): Promise<void> {
  const exists = await statements.rows('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  // IF NOT EXISTS needs the permission to create a schema even if it exists.
  if (exists.length === 0) await statements.change(`CREATE SCHEMA ${quoted(schema)}`);
}

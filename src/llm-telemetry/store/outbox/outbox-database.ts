import { DatabaseSync } from 'node:sqlite';
import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { OwnInstance } from '../core/instance.js';
import { inTransaction } from '../sqlite/open-database.js';
import { createFile } from '../sqlite/store-file.js';
import { UnusableFileError } from '../sqlite/trouble.js';

/** Marks a file as an outbox of this library ("LLMo"). */
const APPLICATION_ID = 0x4c_4c_4d_6f;
const LAYOUT = 1;

/**
 * Opens or creates the database of an outbox, and locks it until it is closed. The lock is SQLite's own: in exclusive mode
 * a connection holds the lock of the operating system on the file, which ends with the process, however it ends. So a file
 * that can be locked has no owner, and of two processes that try, one succeeds. A lock file or a process id beside the
 * database could be stale, or name another process.
 *
 * @throws if the file cannot be used; the trouble is `locked` if its owner lives
 */
export function openOutboxDatabase(path: string, { create }: { readonly create: boolean }): DatabaseSync {
  if (create && path !== ':memory:') createFile(path);
  const database = new DatabaseSync(create ? path : `${pathToFileURL(path).href}?mode=rw`);
  try {
    // The mode must be set before the first read. Then the WAL has no index in shared memory either.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE');
    checkFile(database, create);
    // Calls survive a killed process. A power failure may lose the last ones.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = 4000');
    // Writes always, to detect a read-only file and to take the lock.
    inTransaction(database, () => database.exec(SCHEMA));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY,
    lines TEXT NOT NULL,
    calls INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    instance TEXT NOT NULL,
    target TEXT NOT NULL,
    acknowledged INTEGER NOT NULL,
    until INTEGER
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${LAYOUT}`;

/** @throws UnusableFileError, or another error if the file is new and must not be */
function checkFile(database: DatabaseSync, create: boolean): void {
  const { owner } = database.prepare('SELECT application_id AS owner FROM pragma_application_id').get() as {
    owner: number;
  };
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as {
    tables: number;
  };
  if (owner !== APPLICATION_ID && (owner !== 0 || tables > 0))
    throw new UnusableFileError('not_a_store', 'The file is an SQLite database of another application.');
  if (owner === 0 && !create) throw new Error('The file is not an outbox yet.');
  const { version } = database.prepare('SELECT user_version AS version FROM pragma_user_version').get() as {
    version: number;
  };
  if (version > LAYOUT)
    throw new UnusableFileError('newer_version', `The file has layout version ${version}.`);
}

/** Deletes the file of a closed outbox. */
export function deleteOutboxFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}

/** What an outbox remembers besides its entries. */
export interface OutboxState {
  readonly instance: OwnInstance;
  /** Identifies the database that its calls are delivered to. */
  readonly target: string;
  /** Position after the last call that was delivered. */
  readonly acknowledged: number;
  /** Position after the last call of the delivery that was begun; `null`: none. */
  readonly until: number | null;
}

/** Returns `null` for a new file. @throws UnusableFileError */
export function readState(database: DatabaseSync): OutboxState | null {
  const row = database.prepare('SELECT instance, target, acknowledged, until FROM state').get() as
    (Omit<OutboxState, 'instance'> & { instance: string }) | undefined;
  return row ? { ...row, instance: parseInstance(row.instance) } : null;
}

export function writeState(database: DatabaseSync, state: OutboxState): void {
  const { instance, target, acknowledged, until } = state;
  database
    .prepare(
      'INSERT OR REPLACE INTO state (id, instance, target, acknowledged, until) VALUES (1, ?, ?, ?, ?)',
    )
    .run(JSON.stringify(instance), target, acknowledged, until);
}

function parseInstance(text: string): OwnInstance {
  const { id, host, pid, startedAt, ...names } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || !UUID.test(id))
    throw new UnusableFileError('corrupt', 'The file names no process.');
  const name = (key: string): string | null => (typeof names[key] === 'string' ? names[key] : null);
  return {
    id,
    service: name('service'),
    version: name('version'),
    environment: name('environment'),
    instance: name('instance'),
    host: typeof host === 'string' ? host : '',
    pid: typeof pid === 'number' ? pid : 0,
    startedAt: typeof startedAt === 'number' ? startedAt : 0,
  };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

import { DatabaseSync } from 'node:sqlite';
import { type Migration, MIGRATIONS } from './migrations.js';
import { createFile, tightenFile } from './store-file.js';
import { UnusableFileError } from './trouble.js';

/** Marks a file as a store of this library ("LLMt"). */
const APPLICATION_ID = 0x4c_4c_4d_74;
/** How long to wait for another process that is writing. */
const BUSY_TIMEOUT_MS = 2000;

/** Opens or creates a file (or `:memory:`) and migrates it to the current layout version. @throws if it cannot be used */
export function openDatabase(path: string, migrations: readonly Migration[] = MIGRATIONS): DatabaseSync {
  const inFile = path !== ':memory:';
  if (inFile) createFile(path);
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    checkOwner(database);
    // Before the journal mode is set, which would change the file of a newer version.
    checkVersion(database, migrations);
    // Committed calls survive a killed process; a power failure may lose the last ones, but does not corrupt the file.
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864',
    );
    // Fewer, larger checkpoints, because each waits for the disk.
    database.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY');
    migrate(database, migrations);
    if (inFile) tightenFile(path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Returns true for databases of this library. */
export function isStore(database: DatabaseSync): boolean {
  return pragma(database, 'application_id') === APPLICATION_ID;
}

function checkOwner(database: DatabaseSync): void {
  if (isStore(database)) return;
  const owner = pragma(database, 'application_id');
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as {
    tables: number;
  };
  if (owner !== 0 || tables > 0)
    throw new UnusableFileError('not_a_store', 'The file is an SQLite database of another application.');
}

/** Runs under the write lock, because another process may migrate too. Always writes, to detect a read-only file. */
function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  inTransaction(database, () => {
    checkVersion(database, migrations);
    const version = pragma(database, 'user_version');
    for (const step of migrations.slice(version)) step(database);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
  });
}

/**
 * Checks that no newer version of the library has migrated the file, which can happen while it is open.
 *
 * @throws UnusableFileError
 */
export function checkVersion(database: DatabaseSync, migrations: readonly Migration[] = MIGRATIONS): void {
  const version = pragma(database, 'user_version');
  if (version <= migrations.length) return;
  throw new UnusableFileError(
    'newer_version',
    `The file has layout version ${version}. This version of nestjs-llm-telemetry supports up to ${migrations.length}.`,
  );
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() as object)[0]);
}

/** Runs `work` in a transaction that holds the write lock. Rolls back and rethrows if `work` or SQLite throws. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // SQLite already rolled back, as it does when the disk is full.
    }
    throw error;
  }
}

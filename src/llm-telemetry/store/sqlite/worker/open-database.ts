import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS, type Migration } from './migrations.js';
import { createFile, tightenFile } from './store-file.js';
import { inTransaction } from './transaction.js';
import { UnusableFileError } from './trouble.js';

/** Says that a file is ours ("LLMt"). */
const APPLICATION_ID = 0x4c_4c_4d_74;
/** How long another process that is writing is waited for. */
const BUSY_TIMEOUT_MS = 2000;

/** Opens a file (or `:memory:`), makes it where it is not there, and brings it to today's layout. @throws */
export function openDatabase(path: string, migrations: readonly Migration[] = MIGRATIONS): DatabaseSync {
  const inFile = path !== ':memory:';
  if (inFile) createFile(path);
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    checkOwner(database);
    // What is committed outlives a killed process; after a power cut the last of it may be missing, and nothing is broken.
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864',
    );
    // Fewer and larger checkpoints: each waits for the disk.
    database.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY');
    migrate(database, migrations);
    if (inFile) tightenFile(path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkOwner(database: DatabaseSync): void {
  const owner = pragma(database, 'application_id');
  if (owner === APPLICATION_ID) return;
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as {
    tables: number;
  };
  if (owner !== 0 || tables > 0)
    throw new UnusableFileError('not_a_store', 'The file belongs to something else.');
}

/** Under the lock, since another process may do the same. It always writes, so that a file that cannot be written shows. */
function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  inTransaction(database, () => {
    checkVersion(database, migrations);
    const version = pragma(database, 'user_version');
    for (const step of migrations.slice(version)) step(database);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
  });
}

/**
 * Checks that no newer version of the library has changed the layout, as it may at any time while the file is open.
 *
 * @throws UnusableFileError
 */
export function checkVersion(database: DatabaseSync, migrations: readonly Migration[] = MIGRATIONS): void {
  const version = pragma(database, 'user_version');
  if (version <= migrations.length) return;
  throw new UnusableFileError(
    'newer_version',
    `The file has version ${version}, and ${migrations.length} is the latest that is known here.`,
  );
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() as object)[0]);
}

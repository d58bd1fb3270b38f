import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Files that SQLite keeps beside the file of a database. */
const SIDECARS = ['-wal', '-shm'];

/** Identifies a file, whatever its path is. */
export type FileIdentity = string;

/** Returns the identity of the file at a path; `null` if there is none. */
export function identityOf(path: string): FileIdentity | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.dev} ${stat.ino}` : null;
}

/**
 * Creates the file of a store with its folder, readable by its owner alone: SQLite would create it readable by all, and
 * gives `-wal` and `-shm` the permissions of the file. A folder that exists keeps its permissions. On Windows,
 * permissions are those that the folder passes on.
 */
export function createFile(path: string): void {
  makeFolder(dirname(path));
  if (existsSync(path)) return;
  // They belong to a file that was deleted.
  for (const sidecar of SIDECARS) rmSync(path + sidecar, { force: true });
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    // Another process was faster.
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
  }
}

/** Takes the permissions of others from the files of a store, for files of earlier versions. */
export function tightenFile(path: string): void {
  for (const file of [path, ...SIDECARS.map((sidecar) => path + sidecar)]) {
    try {
      if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    } catch {
      // The file does not exist, or belongs to another user.
    }
  }
}

/** The default folder keeps itself out of version control. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (basename(folder) === '.llm-telemetry')
    writeFileSync(join(folder, '.gitignore'), '*\n', { mode: 0o600 });
}

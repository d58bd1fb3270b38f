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

/** Identifies a file, whatever its path is. `null`: no file. */
export type FileIdentity = string | null;

/** The file of a database with those beside it, as they were when it was opened. */
export class OpenFile {
  private readonly file: FileIdentity;
  private readonly sidecars: ReadonlyMap<string, FileIdentity>;

  constructor(private readonly path: string) {
    this.file = identityOf(path);
    this.sidecars = new Map(SIDECARS.map((sidecar) => [path + sidecar, identityOf(path + sidecar)]));
  }

  /** Returns true if the file was deleted, or another one has its path. */
  get isReplaced(): boolean {
    return identityOf(this.path) !== this.file;
  }

  /**
   * Deletes what a replaced file has left beside the path. SQLite does not know which file a WAL belongs to, and would
   * write it over the new one. Call it after the database is closed.
   */
  deleteLeftovers(): void {
    for (const [sidecar, identity] of this.sidecars)
      if (identity !== null && identityOf(sidecar) === identity) rmSync(sidecar, { force: true });
  }
}

/** Returns the identity of the file at a path. */
export function identityOf(path: string): FileIdentity {
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

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

/** Suffixes of the files that SQLite keeps beside a database file. */
const SIDECARS = ['-wal', '-shm'];

/** Identifies a file independently of its path. `null`: no file. */
export type FileIdentity = string | null;

/** Identities of a database file and its sidecars at the time of opening. */
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
   * Deletes the sidecars of a replaced file. SQLite does not know which file a WAL belongs to, and would write it over the
   * new file. Call it after the database is closed.
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
  // Sidecars without a database belong to a deleted file.
  for (const sidecar of SIDECARS) rmSync(path + sidecar, { force: true });
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    // Another process created it.
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
  }
}

/** Removes permissions of other users from files that earlier versions created. */
export function tightenFile(path: string): void {
  for (const file of [path, ...SIDECARS.map((sidecar) => path + sidecar)]) {
    try {
      if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    } catch {
      // The file does not exist, or belongs to another user.
    }
  }
}

/** Creates the folder. The default folder contains a `.gitignore` for itself. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (basename(folder) === '.llm-telemetry')
    writeFileSync(join(folder, '.gitignore'), '*\n', { mode: 0o600 });
}

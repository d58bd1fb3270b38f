import type { StoreTrouble } from '../call-store.js';

/** The file must not be written. */
export class UnusableFileError extends Error {
  constructor(
    readonly trouble: StoreTrouble,
    message: string,
  ) {
    super(message);
  }
}

/** Maps an error of SQLite or the file system to a `StoreTrouble`; `null` if the file is not the cause. */
export function troubleOf(error: unknown): StoreTrouble | null {
  if (error instanceof UnusableFileError) return error.trouble;
  if (typeof error !== 'object' || error === null) return null;
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') return TROUBLES_BY_CODE.get(errcode % 256) ?? null;
  return typeof code === 'string' ? (TROUBLES_BY_ERRNO.get(code) ?? null) : null;
}

/** By primary result code, the last byte: https://www.sqlite.org/rescode.html */
const TROUBLES_BY_CODE: ReadonlyMap<number, StoreTrouble> = new Map([
  [3, 'read_only'], // PERM
  [5, 'locked'], // BUSY
  [6, 'locked'], // LOCKED
  [8, 'read_only'], // READONLY
  [10, 'io_error'], // IOERR
  [11, 'corrupt'], // CORRUPT
  [13, 'full'], // FULL
  [14, 'io_error'], // CANTOPEN
  [15, 'locked'], // PROTOCOL
  [23, 'read_only'], // AUTH
  [26, 'corrupt'], // NOTADB
]);

const TROUBLES_BY_ERRNO: ReadonlyMap<string, StoreTrouble> = new Map([
  ['EACCES', 'read_only'],
  ['EPERM', 'read_only'],
  ['EROFS', 'read_only'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['ENOTDIR', 'io_error'],
  ['EEXIST', 'io_error'],
  ['EISDIR', 'io_error'],
  ['EIO', 'io_error'],
  ['ENOENT', 'io_error'],
  ['ELOOP', 'io_error'],
  ['ENAMETOOLONG', 'io_error'],
]);

import type { StoreTrouble } from '../../store-status.js';

/** A file that is not to be touched. */
export class UnusableFileError extends Error {
  constructor(
    readonly trouble: StoreTrouble,
    message: string,
  ) {
    super(message);
  }
}

/** What is wrong with the file, by the error of SQLite or of the file system. `null`: nothing, the fault is ours. */
export function troubleOf(error: unknown): StoreTrouble | null {
  if (error instanceof UnusableFileError) return error.trouble;
  if (typeof error !== 'object' || error === null) return null;
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') return TROUBLES_BY_CODE.get(errcode % 256) ?? null;
  return typeof code === 'string' ? (TROUBLES_BY_ERRNO.get(code) ?? null) : null;
}

/** https://www.sqlite.org/rescode.html: the last byte is the primary code. */
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

/** In words, for the log and the dashboard. */
export const TROUBLE_WORDS: Readonly<Record<StoreTrouble, string>> = {
  read_only: 'it cannot be written',
  full: 'the disk is full',
  locked: 'another program holds it locked',
  corrupt: 'it is damaged, or no SQLite file',
  newer_version: 'a later version of this library has made it',
  not_a_store: 'it is an SQLite file of something else',
  io_error: 'it cannot be opened or read',
  write_failed: 'several batches of calls in a row could not be written',
  worker_failed: 'the thread that writes it has failed',
  worker_missing: 'the store worker was not found',
};

import { hasFailed } from '../../../calls/outcome.js';
import type { CallRecord } from '../../../calls/record.js';
import { boundedName } from '../../../text/bounded-name.js';

/** Ids per millisecond: an id is the Unix millisecond in which the call ended, times this, plus an ordinal. */
export const PER_MS = 2048;
/** In the year 2109. Later times of a wrong clock count as this; the margin leaves ids for many such calls. */
const LATEST_MS = Math.floor(Number.MAX_SAFE_INTEGER / PER_MS) - 1_000_000;

/** Returns the first id of calls that ended at `ms` (Unix milliseconds). */
export function firstIdAt(ms: number): number {
  return Math.floor(Math.min(LATEST_MS, Math.max(1, Number.isFinite(ms) ? ms : 1))) * PER_MS;
}

/** Returns when the call with this id ended, Unix milliseconds. */
export function timeOfId(id: number): number {
  return Math.floor(id / PER_MS);
}

/** Bit set of the properties that calls are filtered by. */
export const FLAG = { failed: 1, truncated: 2, retried: 4, notRetried: 8 } as const;

export function flagsOf(record: CallRecord): number {
  const retried = record.attempts.some(({ isRetry }) => isRetry);
  return (
    (hasFailed(record) ? FLAG.failed : 0) |
    (record.truncated ? FLAG.truncated : 0) |
    (retried ? FLAG.retried : FLAG.notRetried)
  );
}

/** The hash of calls without a user. */
export const NO_USER = 0;

/**
 * Hashes a user id for the column `call.user`. Users are too many for the table of names, where they would crowd out
 * models and features, so the column only narrows a search: the record decides.
 */
export function userHash(user: string | null): number {
  if (user === null) return NO_USER;
  // FNV-1a in 32 bits, plus 1, because 0 stands for no user.
  let hash = 0x811c9dc5;
  for (let index = 0; index < user.length; index++)
    hash = Math.imul(hash ^ user.charCodeAt(index), 0x01000193);
  return (hash >>> 0) + 1;
}

/** Returns the hashes of calls for some users. */
export function userHashes(users: ReadonlyArray<string | null>): readonly number[] {
  // Version 0.1.0 hashed names before it shortened them.
  return users.flatMap((user) => (user === null ? NO_USER : [userHash(boundedName(user)), userHash(user)]));
}

/** Returns the name of the call's user, bounded like all names. */
export function userOf({ identity }: CallRecord): string | null {
  const user = identity.userId ?? null;
  return user === null ? null : boundedName(user);
}

/** Returns true if the call was made for one of the users; `undefined` matches all calls. */
export function isOfUser(record: CallRecord, users: ReadonlyArray<string | null> | undefined): boolean {
  if (users === undefined) return true;
  const name = userOf(record);
  return users.some((user) => (user === null ? null : boundedName(user)) === name);
}

import { hasDuration, hasFailed, outcomeOf } from '../../calls/outcome.js';
import type { CallRecord } from '../../calls/record.js';
import { boundedName } from '../../text/bounded-name.js';
import { endOf } from '../calls.js';

/** In the year 2109: a wrong clock may be this far ahead. The margin leaves SQLite ids for many such calls. */
export const LATEST_MS = Math.floor(Number.MAX_SAFE_INTEGER / 2048) - 1_000_000;

/** Returns a time as a whole number of Unix milliseconds that every database can store. */
export function storedTime(ms: number): number {
  return Math.floor(Math.min(LATEST_MS, Math.max(1, Number.isFinite(ms) ? ms : 1)));
}

/** Returns the end of a call as it is stored, Unix milliseconds. */
export function storedEndOf(record: CallRecord): number {
  return storedTime(endOf(record));
}

/** Properties of a call that searches filter and sort by, besides its names and its time. */
export interface CallColumns {
  /** As in `CallRow`. */
  readonly outcome: string;
  /** Bit set of `FLAG`. */
  readonly flags: number;
  /** `null`: unknown, or an item of a batch. */
  readonly durationMs: number | null;
  readonly costUsd: number | null;
  readonly tokens: number | null;
  /** `userHash` of the user. */
  readonly user: number;
}

export function callColumns(record: CallRecord): CallColumns {
  const { usage, cost } = record;
  return {
    outcome: outcomeOf(record),
    flags: flagsOf(record),
    durationMs: hasDuration(record) ? finite(record.durationMs) : null,
    costUsd: cost.source === 'unknown' || cost.source === null ? null : finite(cost.costUsd),
    tokens:
      usage === null || usage.source === 'missing' ? null : finite(usage.inputTokens + usage.outputTokens),
    user: userHash(userOf(record)),
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Bit set of the properties that calls are filtered by. */
export const FLAG = { failed: 1, truncated: 2, retried: 4, notRetried: 8 } as const;

function flagsOf(record: CallRecord): number {
  const retried = record.attempts.some(({ isRetry }) => isRetry);
  return (
    (hasFailed(record) ? FLAG.failed : 0) |
    (record.truncated ? FLAG.truncated : 0) |
    (retried ? FLAG.retried : FLAG.notRetried)
  );
}

/** Outcome filters that are stored as flags. */
export const FLAGS_BY_OUTCOME: ReadonlyMap<string, number> = new Map([
  ['failed', FLAG.failed],
  ['truncated', FLAG.truncated],
]);

/** The hash of calls without a user. */
const NO_USER = 0;

/**
 * Hashes a user id for a column of the call. Users are too many for the table of names, where they would crowd out models
 * and features, so the column only narrows a search: the record decides.
 */
function userHash(user: string | null): number {
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

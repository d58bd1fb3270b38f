import type { CallId } from '../call-id.js';

/** Settings of the backend, which can be cloned into a worker. */
export interface PostgresSettings {
  /** Connection string or options of `pg`. May contain the password. */
  readonly connection: string | object;
  /** Whether the password is asked for each connection. */
  readonly asksPassword: boolean;
  readonly schema: string;
  readonly migrate: true | 'check';
  readonly retention: PostgresRetention;
}

export interface PostgresRetention {
  /** Whole days (UTC) that calls are kept, besides the current one. */
  readonly callDays: number;
  readonly rollupDays: number;
  /** `null`: unlimited. */
  readonly maxBytes: number | null;
}

/** Converts Unix milliseconds to the text of a `timestamptz`, which is exact and independent of time zones. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** Converts an id to the text of a `uuid`. Unlike `CallRow.id`, it is a UUID for calls of version 0.1.0, too. */
export function uuidOf(id: CallId): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}

/** Returns the id of a `uuid`. */
export function idOfUuid(uuid: string): CallId {
  return new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

/** Longer than any key. An index has room for 2,700 bytes. */
const MAX_KEY_LENGTH = 600;

/** Bounds a key of a row. */
export function boundedKey(key: string): string {
  // A half of a surrogate pair becomes U+FFFD.
  return Buffer.from(key.slice(0, MAX_KEY_LENGTH).replaceAll('\0', '\uFFFD')).toString();
}

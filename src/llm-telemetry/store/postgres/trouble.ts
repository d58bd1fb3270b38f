import type { StoreTrouble } from '../call-store.js';
import { DatabaseError } from '../core/shared-backend.js';
import { TROUBLE_DESCRIPTIONS } from '../core/trouble.js';

/** By SQLSTATE, or by the first two characters of it. https://www.postgresql.org/docs/14/errcodes-appendix.html */
const TROUBLES_BY_STATE: ReadonlyMap<string, StoreTrouble> = new Map([
  ['08', 'unreachable'],
  ['25006', 'read_only'], // After a failover, connections can lead to a standby.
  ['28', 'refused'],
  ['3D000', 'refused'], // The database does not exist.
  ['3F000', 'older_version'], // The schema does not exist.
  ['40001', 'locked'],
  ['40P01', 'locked'],
  ['42501', 'forbidden'],
  ['42P01', 'older_version'], // A table does not exist.
  ['42703', 'older_version'], // A column does not exist.
  ['42883', 'older_version'], // A function does not exist.
  ['53100', 'full'],
  ['53200', 'io_error'],
  ['53300', 'too_many_connections'],
  ['53400', 'io_error'],
  ['55P03', 'locked'],
  ['57014', 'timeout'],
  ['57P01', 'unreachable'],
  ['57P02', 'unreachable'],
  ['57P03', 'unreachable'],
  ['57P04', 'unreachable'],
  ['57P05', 'unreachable'],
  ['58', 'io_error'],
  ['XX001', 'corrupt'],
  ['XX002', 'corrupt'],
]);

const TROUBLES_BY_ERRNO: ReadonlyMap<string, StoreTrouble> = new Map([
  ['ECONNREFUSED', 'unreachable'],
  ['ECONNRESET', 'unreachable'],
  ['ECONNABORTED', 'unreachable'],
  ['EPIPE', 'unreachable'],
  ['ENOTFOUND', 'unreachable'],
  ['EAI_AGAIN', 'unreachable'],
  ['EAI_FAIL', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['EHOSTDOWN', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENETDOWN', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['ENOENT', 'unreachable'], // The socket file does not exist.
  ['EACCES', 'forbidden'], // The socket file belongs to another user.
  ['EPERM', 'forbidden'],
  ['EMFILE', 'io_error'],
  ['ENFILE', 'io_error'],
  ['ETIMEDOUT', 'timeout'],
]);

/** Errors of `pg` and of poolers without a code of their own. The first match counts. */
const TROUBLES_BY_MESSAGE: ReadonlyArray<readonly [RegExp, StoreTrouble]> = [
  [/too many|max_client_conn|no more connections|remaining connection slots/i, 'too_many_connections'],
  [/read[- ]only (?:transaction|mode)/i, 'read_only'],
  [/authentication|password|SASL|SCRAM|pg_hba|no such user/i, 'refused'],
  [/no such database/i, 'refused'],
  [/timeout expired|due to connection timeout|query_wait_timeout|timed out/i, 'timeout'],
  [/connection (?:terminated|ended|error|closed)|not queryable|client was closed|socket/i, 'unreachable'],
  [/SSL|TLS|certificate/i, 'unreachable'],
];

/** Of OpenSSL and Node.js: a certificate is not trusted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|^EPROTO$/;

/** SQLSTATE of errors that say which object lacks a permission or does not exist. */
const NAMES_OBJECT = /^(?:42501|3D000|3F000|42P01)$/;

/**
 * Maps an error of `pg` to a `DatabaseError`; `null` if the database is not the cause. The message contains a code, but
 * no user and no values.
 */
export function databaseErrorOf(error: unknown): DatabaseError | null {
  if (error instanceof DatabaseError) return error;
  if (!(error instanceof Error)) return null;
  const { code, message } = error as Error & { readonly code?: unknown };
  const trouble = troubleOf(typeof code === 'string' ? code : null, message);
  if (trouble === null) return null;
  const detail = typeof code === 'string' ? ` (${code}${NAMES_OBJECT.test(code) ? `: ${message}` : ''})` : '';
  return new DatabaseError(trouble, `PostgreSQL: ${TROUBLE_DESCRIPTIONS[trouble]}${detail}.`);
}

function troubleOf(code: string | null, message: string): StoreTrouble | null {
  const ofMessage = TROUBLES_BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? null;
  if (code === null) return ofMessage;
  // Poolers report everything as a violation of the protocol.
  if (code === '08P01' || code === 'XX000') return ofMessage ?? (code === '08P01' ? 'unreachable' : null);
  if (CERTIFICATE.test(code)) return 'unreachable';
  return (
    TROUBLES_BY_STATE.get(code) ??
    TROUBLES_BY_STATE.get(code.slice(0, 2)) ??
    TROUBLES_BY_ERRNO.get(code) ??
    null
  );
}

import { isObject, PATH } from '../../validation/problems.js';
import {
  callback,
  checked,
  chosen,
  number,
  objectOf,
  oneOf,
  optional,
  refused,
  text,
  value,
} from '../../validation/schema.js';
import type { BufferOptions } from '../shared-store.js';
import type { RetentionOptions } from '../store.options.js';
import type { PostgresStoreOptions } from './postgres.options.js';

const days = optional(number('a positive number of days', (count) => count > 0));
const bytes = optional(number('a positive number of bytes', (count) => count > 0));

const CONNECTION =
  'a connection string such as "postgres://user@host:5432/database", or an object with options of pg';

/** Special characters of a password are the usual reason why a connection string is no URL. */
const connectionString = checked<string>(
  value(CONNECTION, (input) => typeof input === 'string'),
  (input) =>
    /^(?:socket:|\/)/.test(input) || (/^postgres(?:ql)?:\/\//.test(input) && URL.canParse(input))
      ? []
      : [
          {
            message: `${PATH} is not a valid connection string. Expected "postgres://user:password@host:5432/database", with special characters of the password percent-encoded.`,
          },
        ],
);

const connectionObject = checked<object>(value(CONNECTION, isObject), (input) => {
  try {
    structuredClone(input);
    return [];
  } catch {
    return [
      {
        message: `${PATH} must not contain functions, because it is passed to a thread. Use the option "password" for a password that changes.`,
      },
    ];
  }
});

const connection = chosen((input) => {
  if (typeof input === 'string') return connectionString;
  return isObject(input) ? connectionObject : refused(CONNECTION);
});

const buffer = objectOf<BufferOptions>({ path: optional(text('the path of a folder')), maxBytes: bytes });
const memory = oneOf(['memory'], ' or an object such as { path: "/var/lib/app/outbox" }');

/** Names that need no quotes in SQL, so that they can be typed in psql. */
const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;

export const postgresSchema = objectOf<PostgresStoreOptions>({
  connection,
  password: optional(callback),
  schema: optional(
    value(
      'a name of lower-case letters, digits and underscores that does not start with "pg_"',
      (input) => typeof input === 'string' && SCHEMA_NAME.test(input),
    ),
  ),
  retention: optional(objectOf<RetentionOptions>({ callDays: days, rollupDays: days, maxBytes: bytes })),
  buffer: optional(chosen((input) => (isObject(input) ? buffer : memory))),
  migrate: optional(value('true or "check"', (input) => input === true || input === 'check')),
});

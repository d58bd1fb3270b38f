import { describeType, describeValue } from '../../validation/message-text.js';
import { isObject, pathText, problemsIn } from '../../validation/problems.js';
import { chosen, number, objectOf, oneOf, optional, text, value } from '../../validation/schema.js';
import type { BufferOptions } from '../shared-store.js';
import type { ClickHouseRetentionOptions, ClickHouseStoreOptions } from './clickhouse.options.js';

/** Names in DDL are quoted, but not escaped. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const identifier = value(
  'a name of letters, digits and underscores',
  (input) => typeof input === 'string' && IDENTIFIER.test(input),
);
const days = optional(number('a number of days from 1 to 10,000', (count) => count >= 1 && count <= 10_000));
const buffer = objectOf<BufferOptions>({
  path: optional(text('the path of a folder')),
  maxBytes: optional(number('a positive number of bytes', (bytes) => bytes > 0)),
});

const schema = objectOf<ClickHouseStoreOptions>({
  url: value('an HTTP or HTTPS address without a path', isAddress),
  username: optional(text('the name of a user')),
  password: optional(
    value('a string or a function', (input) => typeof input === 'string' || typeof input === 'function'),
  ),
  database: optional(identifier),
  cluster: optional(identifier),
  buffer: optional(chosen((input) => (isObject(input) ? buffer : oneOf(['memory'], ' or an object')))),
  retention: optional(objectOf<ClickHouseRetentionOptions>({ callDays: days, rollupDays: days })),
  migrate: optional(value('true or "check"', (input) => input === true || input === 'check')),
});

/** Values that can contain a password. */
const SECRETS: ReadonlySet<string | number> = new Set(['url', 'password']);

/** Returns a sentence for each problem with the options of `clickhouseStore()`. */
export function problemsInClickHouseOptions(options: unknown): readonly string[] {
  const problems = problemsIn(schema, options, (input, [first = '']) =>
    SECRETS.has(first) ? describeType(input) : describeValue(input),
  );
  return problems.map(({ sentence }) =>
    sentence((path) => (path.length === 0 ? 'clickhouseStore' : `clickhouseStore.${pathText(path)}`)),
  );
}

function isAddress(input: unknown): boolean {
  if (typeof input !== 'string' || !URL.canParse(input)) return false;
  const { protocol, pathname, search } = new URL(input);
  return /^https?:$/.test(protocol) && pathname === '/' && search === '';
}

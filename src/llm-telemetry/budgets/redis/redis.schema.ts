import { isObject, PATH } from '../../validation/problems.js';
import { checked, chosen, objectOf, optional, refused, value } from '../../validation/schema.js';
import type { RedisLedgerOptions } from './redis.options.js';

const CONNECTION = 'a connection string such as "redis://host:6379", or an object with options of ioredis';

const connectionString = checked<string>(
  value(CONNECTION, (input) => typeof input === 'string'),
  (input) =>
    /^rediss?:\/\//.test(input) && URL.canParse(input)
      ? []
      : [
          {
            message: `${PATH} is not a valid connection string. Expected "redis://user:password@host:6379", with special characters of the password percent-encoded.`,
          },
        ],
);

const connection = chosen((input) => {
  if (typeof input === 'string') return connectionString;
  return isObject(input) ? value(CONNECTION, isObject) : refused(CONNECTION);
});

const options = objectOf<RedisLedgerOptions>({
  connection: optional(connection),
  client: optional(value('a Redis or a Cluster of ioredis', isClient)),
  prefix: optional(
    value(
      'a string of 1 to 200 characters',
      (input) => typeof input === 'string' && input !== '' && input.length <= 200,
    ),
  ),
});

export const redisSchema = checked<RedisLedgerOptions>(options, ({ connection, client }) =>
  (connection === undefined) === (client === undefined)
    ? [{ message: `${PATH} must have either a connection or a client.` }]
    : [],
);

function isClient(input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false;
  const { eval: evaluate, evalsha } = input as Record<string, unknown>;
  return typeof evaluate === 'function' && typeof evalsha === 'function';
}

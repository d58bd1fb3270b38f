import { isObject, PATH } from '../validation/problems.js';
import { checked, chosen, number, objectOf, oneOf, optional, text, value } from '../validation/schema.js';
import type { CallStore } from './call-store.js';
import { isSharedStore } from './shared-store.js';
import type { RetentionOptions, StoreOptions } from './store.options.js';

const METHODS = Object.keys({
  record: true,
  flush: true,
  close: true,
  status: true,
  measure: true,
  errors: true,
  unpriced: true,
  calls: true,
  records: true,
  call: true,
} satisfies Record<Exclude<keyof CallStore, 'batches' | 'fleet' | 'remembers'>, true>);

const days = optional(number('a positive number of days', (count) => count > 0));

const settings = objectOf<StoreOptions>({
  path: optional(text('the path of a file')),
  retention: optional(
    objectOf<RetentionOptions>({
      callDays: days,
      rollupDays: days,
      maxBytes: optional(number('a positive number of bytes', (bytes) => bytes > 0)),
    }),
  ),
});

/** A custom store. Only its methods are checked. */
const ownStore = checked<object>(value('a CallStore', isObject), (store) => {
  const missing = METHODS.filter(
    (name) => typeof (store as Readonly<Record<string, unknown>>)[name] !== 'function',
  );
  return missing.length === 0
    ? []
    : [{ message: `${PATH} must implement CallStore. Missing methods: ${missing.join(', ')}.` }];
});

const other = oneOf(['memory'], ', true, false, an object such as { path: "./calls.db" } or a CallStore');
const onOrOff = value('true or false', (input) => typeof input === 'boolean');
// The function that returned the description has validated its options.
const shared = value('the description of a shared store', isSharedStore);

export const storeSchema = chosen((input) => {
  if (typeof input === 'boolean') return onOrOff;
  if (!isObject(input)) return other;
  if (isSharedStore(input)) return shared;
  return METHODS.some((name) => typeof input[name] === 'function') ? ownStore : settings;
});

import { isObject, PATH } from '../../../validation/problems.js';
import { boolean, checked, chosen, listOf, objectOf, optional, value } from '../../../validation/schema.js';
import { MAX_TOKEN_LENGTH } from './token.js';
import type { DashboardOptions } from './dashboard.options.js';
import { isPlainPath } from './dashboard.settings.js';

const token = checked<string>(
  value('a string', (input) => typeof input === 'string'),
  (given) => {
    if (given.trim() === '')
      return [
        {
          message: `${PATH} must not be empty. Set the variable that it is read from, or leave the option undefined.`,
        },
      ];
    return given.length > MAX_TOKEN_LENGTH
      ? [{ message: `${PATH} must have at most ${MAX_TOKEN_LENGTH} characters, received ${given.length}.` }]
      : [];
  },
);

const settings = objectOf<DashboardOptions>({
  path: optional(
    value(
      'a path of plain segments such as "llm" or "internal/llm"',
      (input) => typeof input === 'string' && isPlainPath(input),
    ),
  ),
  guards: optional(
    listOf(value('a guard: a class or an object with the method canActivate', isGuard), 'a list of guards'),
  ),
  token: optional(token),
  open: optional(boolean),
  publicMetadataKey: optional(
    value('a metadata key: a non-empty string or a symbol, or a list of those', (input) =>
      Array.isArray(input) ? input.every(isMetadataKey) : isMetadataKey(input),
    ),
  ),
  traceUrl: optional(
    value('an http or https URL that contains {traceId}', (input) => input === '' || isTraceUrl(input)),
  ),
});

const onOrOff = value('an object, true or false', (input) => typeof input === 'boolean');

export const dashboardSchema = chosen((input) => (isObject(input) ? settings : onOrOff));

/** A class is recognized by its prototype, which arrow functions do not have. */
function isGuard(input: unknown): boolean {
  if (typeof input === 'function') return typeof input.prototype === 'object';
  return isObject(input) && typeof input['canActivate'] === 'function';
}

function isMetadataKey(input: unknown): boolean {
  return typeof input === 'string' ? input !== '' : typeof input === 'symbol';
}

/** A link with another scheme could run a script in the page. */
function isTraceUrl(input: unknown): boolean {
  return typeof input === 'string' && /^https?:\/\//i.test(input) && input.includes('{traceId}');
}

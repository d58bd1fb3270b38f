import { isObject, PATH, problemsIn, type Problem } from '../../validation/problems.js';
import {
  boolean,
  callback,
  checked,
  chosen,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  recordOf,
  value,
  type Schema,
} from '../../validation/schema.js';
import type { AlertName } from './alert.js';
import { ALERT_DEFINITIONS, type AlertDefinition } from './alert-definitions.js';
import type {
  AlertLimit,
  AlertLimits,
  AlertsOptions,
  FeatureAlertLimit,
  WebhookOptions,
} from './alerts.options.js';
import { DAY, MINUTE, WEEK } from '../../units/time.js';

const limits = Object.fromEntries(
  ALERT_DEFINITIONS.map((definition) => [definition.name, optional(limitSchema(definition))]),
) as Record<AlertName, Schema>;

const webhook = objectOf<WebhookOptions>(
  {
    url: optional(checked<string>(value('a string', isString), urlProblems)),
    headers: optional(
      checked<Readonly<Record<string, string | undefined>>>(
        recordOf(optional(value('a string', isString)), 'an object of header values by name'),
        headerProblems,
      ),
    ),
    timeoutMs: optional(milliseconds(1, MINUTE)),
  },
  'an object such as { url: process.env.ALERT_WEBHOOK_URL }',
);

const settings = objectOf<AlertsOptions>({
  limits: optional(objectOf<AlertLimits>(limits)),
  disabled: optional(listOf(oneOf(ALERT_DEFINITIONS.map(({ name }) => name)), 'a list of alert names')),
  onAlert: optional(callback),
  webhook: optional(webhook),
  everyMs: optional(milliseconds(1000, 10 * MINUTE)),
  everyInstance: optional(boolean),
});

const onOrOff = value('an object, true or false', (input) => typeof input === 'boolean');

export const alertsSchema = chosen((input) => (isObject(input) ? settings : onOrOff));

/** Returns the problems of alert options. */
export function problemsInAlerts(options: unknown): readonly Problem[] {
  return problemsIn(alertsSchema, options);
}

function limitSchema({ unit, by }: AlertDefinition): Schema {
  const limit =
    unit === 'ratio'
      ? number('a number from 0 to 1', (ratio) => ratio >= 0 && ratio <= 1)
      : number('a number of at least 0', (count) => count >= 0);
  const common = {
    limit: optional(limit),
    windowMs: optional(
      number(
        `whole minutes in milliseconds, from ${MINUTE} to ${WEEK}`,
        (ms) => ms >= MINUTE && ms <= WEEK && ms % MINUTE === 0,
      ),
    ),
    forMs: optional(milliseconds(0, DAY)),
    minimum: optional(number('a number of at least 0', (count) => count >= 0)),
  };
  const featureLimit = chosen((input) => (input === false ? value('false', () => true) : limit));
  const own = by.includes('feature')
    ? objectOf<FeatureAlertLimit>({
        ...common,
        features: optional(recordOf(featureLimit, 'an object of limits by feature')),
      })
    : objectOf<AlertLimit>(common);
  return chosen((input) => (isObject(input) ? own : limit));
}

function milliseconds(from: number, to: number): Schema {
  return number(`a number of milliseconds from ${from} to ${to}`, (ms) => ms >= from && ms <= to);
}

/** Returns the problems of a webhook URL. Messages never quote it, because it is a secret. */
function urlProblems(url: string): ReadonlyArray<{ readonly message: string }> {
  if (url.trim() === '')
    return [
      {
        message: `${PATH} must not be empty. Set the variable that it is read from, or leave the option undefined.`,
      },
    ];
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
    return [{ message: `${PATH} must be an http or https URL.` }];
  return parsed.username === '' && parsed.password === ''
    ? []
    : [
        {
          message: `${PATH} must not contain a user name or a password. Send credentials in alerts.webhook.headers.`,
        },
      ];
}

/** Returns the problems of headers. Messages contain names, never values. */
function headerProblems(
  headers: Readonly<Record<string, string | undefined>>,
): ReadonlyArray<{ readonly message: string; readonly at: readonly string[] }> {
  return Object.entries(headers).flatMap(([name, content]) => {
    try {
      void new Headers({ [name]: content ?? '' });
      return [];
    } catch {
      return [{ at: [name], message: `${PATH} must be a valid HTTP header name and value.` }];
    }
  });
}

function isString(input: unknown): boolean {
  return typeof input === 'string';
}

import type { AlertDefinition } from './alert-definition.js';
import { ALERT_DEFINITIONS } from './alert-definitions.js';
import type { AlertLimit, AlertsOptions, FeatureAlertLimit, WebhookOptions } from './alerts.options.js';
import { DAY, MINUTE } from './time.js';

/** A definition with the application's own limits. */
export interface ConfiguredRule extends AlertDefinition {
  readonly enabled: boolean;
  /** Limits of single features; `false`: not watched. */
  readonly features: ReadonlyMap<string, number | false>;
}

/** Every alert with the application's limits. @throws TypeError in one sentence that names the option. */
export function configuredRules(options: AlertsOptions): readonly ConfiguredRule[] {
  checkKeys('alerts', options, ['limits', 'disabled', 'onAlert', 'webhook', 'everyMs']);
  const { limits = {}, disabled = [], onAlert, everyMs, webhook } = options;
  checkKeys('alerts.limits', limits, NAMES);
  if (!Array.isArray(disabled)) throw new TypeError('alerts.disabled is not a list of alerts.');
  for (const name of disabled as readonly string[])
    if (!NAMES.includes(name)) throw unknownAlert('alerts.disabled', name);
  if (onAlert !== undefined && typeof onAlert !== 'function')
    throw new TypeError('alerts.onAlert is not a function.');
  if (everyMs !== undefined) checkNumber('alerts.everyMs', everyMs, 1000, 10 * MINUTE);
  if (webhook !== undefined) checkWebhook(webhook);
  return ALERT_DEFINITIONS.map((definition) =>
    ruleOf(definition, limits[definition.name], !disabled.includes(definition.name)),
  );
}

const NAMES: readonly string[] = ALERT_DEFINITIONS.map(({ name }) => name);

function ruleOf(
  definition: AlertDefinition,
  given: number | FeatureAlertLimit | undefined,
  enabled: boolean,
): ConfiguredRule {
  const at = `alerts.limits.${definition.name}`;
  const own = typeof given === 'number' ? { limit: given } : (given ?? {});
  const perFeature = definition.by.includes('feature');
  checkKeys(at, own, perFeature ? [...LIMIT_KEYS, 'features'] : LIMIT_KEYS);
  const { limit, windowMs, forMs, minimum, features = {} } = own;
  if (limit !== undefined) checkLimit(`${at}.limit`, definition, limit);
  if (windowMs !== undefined) {
    checkNumber(`${at}.windowMs`, windowMs, MINUTE, 7 * DAY);
    if (windowMs % MINUTE !== 0)
      throw new TypeError(`${at}.windowMs is not a number of whole minutes: ${windowMs}.`);
  }
  if (forMs !== undefined) checkNumber(`${at}.forMs`, forMs, 0, DAY);
  if (minimum !== undefined) checkNumber(`${at}.minimum`, minimum, 0, Number.MAX_SAFE_INTEGER);
  checkKeys(`${at}.features`, features);
  for (const [feature, value] of Object.entries(features))
    if (value !== false) checkLimit(`${at}.features[${JSON.stringify(feature)}]`, definition, value);
  return {
    ...definition,
    limit: limit ?? definition.limit,
    windowMs: windowMs ?? definition.windowMs,
    forMs: forMs ?? definition.forMs,
    minimum: minimum ?? definition.minimum,
    enabled,
    features: new Map(Object.entries(features)),
  };
}

const LIMIT_KEYS: ReadonlyArray<keyof AlertLimit> = ['limit', 'windowMs', 'forMs', 'minimum'];

function checkLimit(at: string, { unit }: AlertDefinition, limit: unknown): void {
  if (unit === 'ratio') checkNumber(at, limit, 0, 1);
  else checkNumber(at, limit, 0, Number.MAX_SAFE_INTEGER);
}

/** Never says the address: it is a secret. */
function checkWebhook(webhook: WebhookOptions): void {
  checkKeys('alerts.webhook', webhook, ['url', 'headers', 'timeoutMs']);
  const { url, headers = {}, timeoutMs } = webhook;
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
    throw new TypeError('alerts.webhook.url is not an http or https address.');
  if (parsed.username !== '' || parsed.password !== '')
    throw new TypeError('alerts.webhook.url has a user name or a password in it: send a header instead.');
  checkKeys('alerts.webhook.headers', headers);
  try {
    void new Headers(headers);
  } catch {
    throw new TypeError('alerts.webhook.headers has a name or a value that no header can have.');
  }
  if (timeoutMs !== undefined) checkNumber('alerts.webhook.timeoutMs', timeoutMs, 1, MINUTE);
}

function checkNumber(at: string, value: unknown, lowest: number, highest: number): void {
  if (typeof value === 'number' && value >= lowest && value <= highest) return;
  const words = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
  const range =
    highest === Number.MAX_SAFE_INTEGER ? `of at least ${lowest}` : `from ${lowest} to ${highest}`;
  throw new TypeError(`${at} is not a number ${range}: ${words}.`);
}

function checkKeys(at: string, value: unknown, known?: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${at} is not an object.`);
  for (const key of known ? Object.keys(value) : []) {
    if (known!.includes(key)) continue;
    if (known === NAMES) throw unknownAlert(at, key);
    throw new TypeError(`${at} has no ${JSON.stringify(key)}: only ${known!.join(', ')}.`);
  }
}

function unknownAlert(at: string, name: unknown): TypeError {
  return new TypeError(`${at}: there is no alert ${JSON.stringify(name)}, only ${NAMES.join(', ')}.`);
}

import { problemsInOptions } from './llm-telemetry.schema.js';

const SECRET = 'canary-secret';
const URL_OF_WEBHOOK = `https://hooks.example.com/services/${SECRET}`;

describe('invalid options of alerts', () => {
  it.each<[unknown, string]>([
    [1, 'alerts must be an object, true or false, received a number.'],
    [{ limit: 5 }, 'unknown option "limit" in alerts. Did you mean "limits"?'],
    [{ limits: { latency: 5 } }, 'unknown option "latency" in alerts.limits. Known options: high_latency, '],
    [
      { limits: { error_rate: 5 } },
      'unknown option "error_rate" in alerts.limits. Did you mean "error_ratio"?',
    ],
    [{ disabled: ['trafic_gone'] }, 'received the string "trafic_gone". Did you mean "traffic_gone"?'],
    [{ disabled: 'traffic_gone' }, 'alerts.disabled must be a list of alert names, received the string'],
    [{ limits: { error_ratio: 5 } }, 'alerts.limits.error_ratio must be a number from 0 to 1, received 5.'],
    [
      { limits: { error_ratio: '5%' } },
      'alerts.limits.error_ratio must be a number from 0 to 1, received the string "5%".',
    ],
    [
      { limits: { high_latency: { limit: Number.NaN } } },
      'alerts.limits.high_latency.limit must be a number of at least 0, received NaN.',
    ],
    [
      { limits: { error_ratio: { windowMs: 90_000 } } },
      'alerts.limits.error_ratio.windowMs must be whole minutes in milliseconds, from 60000 to 604800000, received 90000.',
    ],
    [
      { limits: { error_ratio: { windowMs: 30 * 86_400_000 } } },
      'alerts.limits.error_ratio.windowMs must be whole minutes in milliseconds, from 60000 to 604800000, received 2592000000.',
    ],
    [
      { limits: { error_ratio: { forMs: -1 } } },
      'alerts.limits.error_ratio.forMs must be a number of milliseconds from 0 to 86400000, received -1.',
    ],
    [
      { limits: { rate_limiting: { features: { a: 1 } } } },
      'unknown option "features" in alerts.limits.rate_limiting. Known options: limit, windowMs, forMs, minimum.',
    ],
    [
      { limits: { error_ratio: { features: { a: '5%' } } } },
      'alerts.limits.error_ratio.features.a must be a number from 0 to 1, received the string "5%".',
    ],
    [{ everyMs: 1 }, 'alerts.everyMs must be a number of milliseconds from 1000 to 600000, received 1.'],
    [{ onAlert: true }, 'alerts.onAlert must be a function, received true.'],
    [{ webhook: { url: '' } }, 'alerts.webhook.url must not be empty.'],
    [{ webhook: { url: 'hooks' } }, 'alerts.webhook.url must be an http or https URL.'],
    [{ webhook: { url: 'file:///etc' } }, 'alerts.webhook.url must be an http or https URL.'],
    [
      { webhook: { url: `https://user:${SECRET}@hooks.example.com` } },
      'alerts.webhook.url must not contain a user name or a password.',
    ],
    [
      { webhook: { url: URL_OF_WEBHOOK, headers: { 'x y': SECRET } } },
      'alerts.webhook.headers["x y"] must be a valid HTTP header name and value.',
    ],
    [
      { webhook: { url: URL_OF_WEBHOOK, timeoutMs: 0 } },
      'alerts.webhook.timeoutMs must be a number of milliseconds from 1 to 60000, received 0.',
    ],
  ])('reports the problem in %j', (alerts, sentence) => {
    expect(problemsInOptions({ alerts })).toEqual([expect.stringContaining(sentence)]);
  });
});

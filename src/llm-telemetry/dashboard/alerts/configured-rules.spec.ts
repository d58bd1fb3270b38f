import type { AlertsOptions } from './alerts.options.js';
import { configuredRules } from './configured-rules.js';

const SECRET = 'https://hooks.example.com/services/T0/B0/canary';

describe('options of alerts', () => {
  it.each<[string, unknown, string]>([
    ['no object', 'all', 'alerts is not an object.'],
    [
      'an option that there is not',
      { limit: 5 },
      'alerts has no "limit": only limits, disabled, onAlert, webhook, everyMs.',
    ],
    [
      'an alert that there is not',
      { limits: { latency: 5 } },
      'alerts.limits: there is no alert "latency", only ',
    ],
    [
      'one that there is not to switch off',
      { disabled: ['latency'] },
      'alerts.disabled: there is no alert "latency", only ',
    ],
    [
      'a ratio in percent',
      { limits: { error_ratio: 5 } },
      'alerts.limits.error_ratio.limit is not a number from 0 to 1: 5.',
    ],
    [
      'no number',
      { limits: { high_latency: { limit: Number.NaN } } },
      'alerts.limits.high_latency.limit is not a number of at least 0: NaN.',
    ],
    [
      'part of a minute',
      { limits: { error_ratio: { windowMs: 90_000 } } },
      'alerts.limits.error_ratio.windowMs is not a number of whole minutes: 90000.',
    ],
    [
      'a window of a month',
      { limits: { error_ratio: { windowMs: 30 * 86_400_000 } } },
      'alerts.limits.error_ratio.windowMs is not a number from 60000 to 604800000: 2592000000.',
    ],
    [
      'features of an alert that does not tell them apart',
      { limits: { rate_limiting: { features: { a: 1 } } } },
      'alerts.limits.rate_limiting has no "features": only limit, windowMs, forMs, minimum.',
    ],
    [
      'a feature’s limit that is none',
      { limits: { error_ratio: { features: { a: '5%' } } } },
      'alerts.limits.error_ratio.features["a"] is not a number from 0 to 1: "5%".',
    ],
    ['a look every millisecond', { everyMs: 1 }, 'alerts.everyMs is not a number from 1000 to 600000: 1.'],
    ['onAlert that is no function', { onAlert: true }, 'alerts.onAlert is not a function.'],
    [
      'an address that is none',
      { webhook: { url: 'hooks' } },
      'alerts.webhook.url is not an http or https address.',
    ],
    [
      'another scheme',
      { webhook: { url: 'file:///etc' } },
      'alerts.webhook.url is not an http or https address.',
    ],
    [
      'a password in the address',
      { webhook: { url: 'https://canary:canary@hooks.example.com' } },
      'alerts.webhook.url has a user name or a password in it: send a header instead.',
    ],
    [
      'a header that is none',
      { webhook: { url: SECRET, headers: { 'x y': 'canary' } } },
      'alerts.webhook.headers has a name or a value that no header can have.',
    ],
    [
      'no time for an answer',
      { webhook: { url: SECRET, timeoutMs: 0 } },
      'alerts.webhook.timeoutMs is not a number from 1 to 60000: 0.',
    ],
  ])('%s is refused in a sentence, without secrets', (_what, options, sentence) => {
    const refused = (): unknown => configuredRules(options as AlertsOptions);
    expect(refused).toThrow(TypeError);
    expect(refused).toThrow(sentence);
    expect(refused).not.toThrow('canary');
  });

  it('leave what they do not say as it is', () => {
    const rules = configuredRules({ limits: { error_ratio: { forMs: 0 } }, disabled: ['traffic_gone'] });
    expect(rules.find(({ name }) => name === 'error_ratio')).toMatchObject({
      limit: 0.05,
      windowMs: 300_000,
      forMs: 0,
      minimum: 20,
      enabled: true,
    });
    expect(rules.filter(({ enabled }) => !enabled).map(({ name }) => name)).toEqual(['traffic_gone']);
  });
});

import { configuredRules } from './alert-definitions.js';

describe('alert options', () => {
  it('keep the defaults of the limits that are not set', () => {
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

import { configuredRules } from './configured-rules.js';

describe('options of alerts', () => {
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

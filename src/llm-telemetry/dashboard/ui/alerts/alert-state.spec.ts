import type { AlertRule, AlertsResponse, AlertState } from '../../api/index.js';
import { finding } from './alert-state.js';

function rule(state: AlertState, states: readonly AlertState[] = [state]): AlertRule {
  return {
    name: 'error_ratio',
    severity: 'critical',
    state,
    condition: 'Failed calls above 5% in 5 min, by feature',
    unit: 'ratio',
    limit: 0.05,
    fires: 'above',
    windowMs: 300_000,
    forMs: 300_000,
    instances: states.map((state) => ({
      state,
      names: {},
      value: null,
      limit: 0.05,
      since: 0,
      lastFiredAt: null,
      sentence: '',
      note: null,
    })),
  };
}

const response = (...alerts: AlertRule[]): AlertsResponse => ({
  evaluatedAt: 0,
  lastFiredAt: null,
  alerts,
  firings: [],
});

describe('heading of the alerts page', () => {
  it('counts all firing alerts', () => {
    expect(finding(response(rule('firing', ['firing', 'firing', 'ok']), rule('pending')))).toBe(
      '2 alerts are firing',
    );
    expect(finding(response(rule('firing'), rule('ok')))).toBe('1 alert is firing');
  });

  it('counts pending alerts if none is firing', () => {
    expect(finding(response(rule('pending'), rule('ok')))).toBe('No alert is firing, 1 pending');
  });

  it('reports OK only if alerts were evaluated', () => {
    expect(finding(response(rule('ok'), rule('disabled')))).toBe('All OK');
    expect(finding(response(rule('insufficient_data'), rule('disabled')))).toBe('Too little data');
    expect(finding(response(rule('ok', ['ok', 'insufficient_data'])))).toBe('None firing');
  });
});

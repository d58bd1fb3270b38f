import type { AlertRule, AlertsResponse } from '../../api/index.js';
import { moment } from '../formats/formats.js';
import { NO_FILTERS } from '../state/page-state.js';
import {
  alertPlace,
  alertSince,
  alertSubject,
  alertValues,
  firingsOf,
  isFiring,
  limitOf,
  openAlerts,
} from './alert-texts.js';
import { kpiOf } from './kpis.js';

const NOON = Date.UTC(2026, 10, 24, 12);
const HOUR = 3_600_000;
const RANGE = { from: NOON - 6 * HOUR, to: NOON };

const rule = (state: AlertRule['state'], names = {}): AlertRule => ({
  name: 'cost_spike',
  severity: 'warning',
  state,
  condition: '',
  unit: 'usd_per_hour',
  limit: null,
  fires: 'above',
  windowMs: HOUR,
  forMs: 300_000,
  instances: [
    {
      state,
      names,
      value: 13.82,
      limit: 6.4,
      since: NOON - 130_000,
      lastFiredAt: null,
      sentence: '',
      note: null,
    },
  ],
});
const response = (alerts: AlertRule[], firings: AlertsResponse['firings'] = []): AlertsResponse => ({
  evaluatedAt: NOON,
  alerts,
  lastFiredAt: null,
  firings,
});

it.each([
  [13.82, 6.4, 'usd_per_hour', ['$13.82/h', '$6.40/h']],
  [11, 10, 'per_minute', ['11/min', '10/min']],
  [0.0504, 0.05, 'ratio', ['5.04%', '5%']],
  [0.05, 0.05, 'ratio', ['5%', '5%']],
  [0.097, null, 'ratio', ['9.7%', null]],
  [null, 10_000, 'ms', [null, '10 s']],
  [null, null, 'calls', [null, null]],
] as const)('formats the value %d and the limit %d (%s) as %j', (value, limit, unit, texts) => {
  expect(alertValues({ value, limit }, unit)).toEqual(texts);
});

it('names the subject of an alert', () => {
  expect(alertSubject({ names: {} })).toBeNull();
  expect(alertSubject({ names: { operation: 'reply', feature: 'support_chat' } })).toBe(
    'reply of support_chat',
  );
  expect(alertSubject({ names: { model: null } })).toBe('no request');
});

it('shows when a pending alert will fire', () => {
  const pending = rule('pending');
  const at = moment(NOON - 130_000 + 300_000, NOON);
  expect(alertSince(pending.instances[0]!, pending, NOON)).toBe(`fires at ${at}`);
  expect(alertSince(pending.instances[0]!, pending, NOON + 300_000)).toBe('fires at the next check');
});

it('lists open alerts only, firing ones first', () => {
  const open = openAlerts(response([rule('ok'), rule('pending'), rule('insufficient_data'), rule('firing')]));
  expect(open.map(({ instance }) => instance.state)).toEqual(['firing', 'pending']);
});

it('links to the measure of an alert, filtered by its subject', () => {
  expect(alertPlace('cost_spike', { names: { feature: 'support_chat' } })).toMatchObject({
    kpi: 'spend',
    feature: ['support_chat'],
    model: [],
  });
});

describe('a measure with alerts', () => {
  const fires = response(
    [rule('firing', { feature: 'support_chat' })],
    [
      { name: 'cost_spike', names: { feature: 'support_chat' }, from: NOON - HOUR, to: null },
      {
        name: 'cost_spike',
        names: { feature: 'contract_review' },
        from: NOON - 2 * HOUR,
        to: NOON - HOUR / 2,
      },
      { name: 'high_latency', names: {}, from: NOON - 3 * HOUR, to: null },
      { name: 'cost_spike', names: {}, from: NOON - 9 * HOUR, to: NOON - 8 * HOUR },
    ],
  );
  const only = (feature: string) => ({ ...NO_FILTERS, feature: [feature] });

  it('is marked if one of its alerts is firing and matches the filters', () => {
    expect(isFiring(fires, kpiOf('spend'), NO_FILTERS)).toBe(true);
    expect(isFiring(fires, kpiOf('spend'), only('support_chat'))).toBe(true);
    expect(isFiring(fires, kpiOf('spend'), only('order_dashboard'))).toBe(false);
    expect(isFiring(fires, kpiOf('calls'), NO_FILTERS)).toBe(false);
  });

  it('shows firing periods in the range, merged where they overlap', () => {
    expect(firingsOf(fires, kpiOf('spend'), RANGE, NO_FILTERS)).toEqual([
      { from: NOON - 2 * HOUR, to: Infinity },
    ]);
    expect(firingsOf(fires, kpiOf('spend'), RANGE, only('contract_review'))).toEqual([
      { from: NOON - 2 * HOUR, to: NOON - HOUR / 2 },
    ]);
  });
});

describe('limit in a chart', () => {
  const withState = (state: AlertRule['state']): AlertsResponse =>
    response([{ ...rule(state), name: 'high_latency', unit: 'ms', limit: 10_000 }]);

  it('is the limit of the alert on the measure', () => {
    expect(limitOf(withState('ok'), kpiOf('duration'), 'operation')).toBe(10_000);
  });

  it('is omitted if the alert has other groups or another measure, is disabled or is unknown', () => {
    expect(limitOf(withState('ok'), kpiOf('duration'), 'feature')).toBeNull();
    expect(limitOf(withState('ok'), kpiOf('truncated'), 'model')).toBeNull();
    expect(limitOf(withState('disabled'), kpiOf('duration'), 'operation')).toBeNull();
    expect(limitOf(null, kpiOf('duration'), 'operation')).toBeNull();
  });
});

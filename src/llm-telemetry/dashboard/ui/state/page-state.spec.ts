import fc from 'fast-check';
import { COST_REASON_OPTIONS } from '../calls/cost-reasons.js';
import { OUTCOME_OPTIONS } from '../calls/outcome.js';
import { addressOf, CHARTS, DEFAULT_STATE, GROUPINGS, KPIS, stateOf, type PageState } from './page-state.js';
import { PRESETS, type Preset } from './time-range.js';

const open = (address: string): PageState => {
  const [path = '', search = ''] = address.split('?');
  return stateOf(path, search);
};

describe('page state', () => {
  it('defaults to the overview with a range that fits the data', () => {
    expect(open('')).toEqual(DEFAULT_STATE);
    expect(addressOf(DEFAULT_STATE)).toBe('');
  });

  it('keeps a selected range, even if it equals the fitting one', () => {
    expect(addressOf({ ...DEFAULT_STATE, range: '15m' })).toBe('?range=15m');
    expect(addressOf({ ...DEFAULT_STATE, range: '24h' })).toBe('?range=24h');
    expect(open('?range=24h').range).toBe('24h');
  });

  it.each(['3678912345678901', '9007199254740993', '0193e5c8-7a3b-7cc1-9c55-0f7f6d1c2a3b'])(
    'keeps the id of a call as text and counts its attempts from 1: %s',
    (id) => {
      const state: PageState = { ...DEFAULT_STATE, place: { page: 'call', id, attempt: 1 } };
      expect(addressOf(state)).toBe(`calls/${id}?attempt=2`);
      expect(open(`calls/${id}?attempt=2`)).toEqual(state);
      expect(open(`calls/${id}/?attempt=none`).place).toEqual({ page: 'call', id });
    },
  );

  it('has a readable URL', () => {
    const state: PageState = {
      ...DEFAULT_STATE,
      place: { page: 'calls' },
      range: { from: Date.UTC(2026, 10, 22, 13, 45), to: Date.UTC(2026, 10, 23, 13, 45) },
      feature: ['support_chat', 'order_dashboard'],
      outcome: ['rate_limit'],
      live: false,
    };
    expect(addressOf(state)).toBe(
      'calls?range=2026-11-22T13:45Z/2026-11-23T13:45Z&feature=support_chat&feature=order_dashboard' +
        '&outcome=rate_limit&live=off',
    );
  });

  it('round-trips through its URL', () => {
    const minute = fc
      .integer({ min: 0, max: 40_000_000 })
      .map((minutes) => Date.UTC(2000) + minutes * 60_000);
    const interval = fc
      .tuple(minute, fc.integer({ min: 1, max: 50_000 }))
      .map(([from, minutes]) => ({ from, to: from + minutes * 60_000 }));
    const name = fc.string({ unit: 'grapheme', maxLength: 20 });
    const names = fc.uniqueArray(name, { maxLength: 3 });
    const id = fc.oneof(
      fc.bigInt({ min: 1n, max: 10n ** 19n }).map(String),
      fc.uuid({ version: 7 }),
      fc.stringMatching(/^[0-9A-Za-z-]{1,64}$/),
    );
    const states = fc.record<PageState>({
      place: fc.oneof(
        fc.constantFrom(
          { page: 'overview' as const },
          { page: 'calls' as const },
          { page: 'alerts' as const },
          { page: 'unknown' as const, path: 'non%20sense/here' },
        ),
        id.map((id) => ({ page: 'call' as const, id })),
      ),
      range: fc.oneof(fc.constantFrom(...(Object.keys(PRESETS) as Preset[])), interval),
      zoom: fc.option(interval),
      feature: names,
      operation: names,
      model: names,
      route: names,
      tenant: names,
      user: names,
      version: names,
      instance: names,
      environment: names,
      service: names,
      outcome: fc.uniqueArray(fc.constantFrom(...OUTCOME_OPTIONS.map(([outcome]) => outcome))),
      costReason: fc.subarray(COST_REASON_OPTIONS.map(([reason]) => reason)),
      retries: fc.constantFrom('all', 'without', 'only'),
      text: name,
      kpi: fc.constantFrom(...KPIS),
      by: fc.constantFrom(...GROUPINGS),
      compare: fc.boolean(),
      live: fc.boolean(),
      paused: fc.boolean(),
      tables: fc.subarray([...CHARTS]),
      durationOverTime: fc.boolean(),
      whatIfModel: name,
      whatIfFeature: name,
      theme: fc.constantFrom(null, 'light', 'dark'),
      sort: fc.constantFrom('endedAt', 'durationMs', 'costUsd', 'tokens'),
      order: fc.constantFrom('desc', 'asc'),
    });
    fc.assert(fc.property(states, (state) => expect(open(addressOf(state))).toEqual(state)));
  });

  it('ignores unknown parameters and values', () => {
    expect(
      open(
        '?range=tomorrow&zoom=now/then&kpi=profit&by=week&retries=2&sort=name&token=secret&theme=pink' +
          '&table=all&durations=never&pause=1&outcome=no_such_outcome&costReason=constructor',
      ),
    ).toEqual(DEFAULT_STATE);
    for (const far of ['1999-01-01T00:00Z/2026-01-01T00:00Z', '2026-01-01T00:00Z/+275760-09-13T00:00Z'])
      expect(open(`?range=${far}&zoom=${far}`)).toEqual(DEFAULT_STATE);
    expect(open('?range=2026-11-23T13:45Z/2026-11-22T13:45Z').range).toBe('fit');
  });
  it.each(['nonsense', 'calls/a_b', 'calls/12/13', `calls/${'1'.repeat(65)}`, 'alerts/12', 'index.php'])(
    'does not open a page for an unknown address: %s',
    (path) => expect(open(path).place).toEqual({ page: 'unknown', path }),
  );

  it('truncates names and texts to the limits of the API', () => {
    const many = Array.from({ length: 80 }, (_, index) => `feature=f${index}&feature=f${index}`).join('&');
    const { feature, text, user } = open(`?${many}&text=${'x'.repeat(300)}&user=${'u'.repeat(201)}`);
    expect(feature).toHaveLength(50);
    expect(new Set(feature).size).toBe(50);
    expect(text).toHaveLength(200);
    expect(user).toEqual([]);
  });

  it('reads URLs of version 0.1.0', () => {
    expect(open('?view=table').tables).toEqual(['explorer']);
    expect(open('?outcome=aborted&outcome=cancelled').outcome).toEqual(['cancelled']);
  });
});

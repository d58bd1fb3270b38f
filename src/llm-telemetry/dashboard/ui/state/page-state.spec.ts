import fc from 'fast-check';
import { addressOf, DEFAULT_STATE, GROUPINGS, KPIS, stateOf, type PageState } from './page-state.js';
import { PRESETS, type Preset } from './time-range.js';

const open = (address: string): PageState => {
  const [path = '', search = ''] = address.split('?');
  return stateOf(path, search);
};

describe('the state of the page', () => {
  it('is the overview of a range that fits the data where the address says nothing', () => {
    expect(open('')).toEqual(DEFAULT_STATE);
    expect(addressOf(DEFAULT_STATE)).toBe('');
  });

  it('keeps a range that was chosen, also the one that would fit', () => {
    expect(addressOf({ ...DEFAULT_STATE, range: '15m' })).toBe('?range=15m');
    expect(addressOf({ ...DEFAULT_STATE, range: '24h' })).toBe('?range=24h');
    expect(open('?range=24h').range).toBe('24h');
  });

  it('has the chosen attempt of a call, as people count them', () => {
    const state: PageState = { ...DEFAULT_STATE, place: { page: 'call', id: 12, attempt: 1 } };
    expect(addressOf(state)).toBe('calls/12?attempt=2');
    expect(open('calls/12?attempt=2')).toEqual(state);
    expect(open('calls/12?attempt=none').place).toEqual({ page: 'call', id: 12 });
  });

  it('is in the address as people would write it', () => {
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

  it('survives its address, whatever it is', () => {
    const minute = fc.integer({ min: 0, max: 40_000_000 }).map((minutes) => minutes * 60_000);
    const interval = fc
      .tuple(minute, fc.integer({ min: 1, max: 50_000 }))
      .map(([from, minutes]) => ({ from, to: from + minutes * 60_000 }));
    const names = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 });
    const id = fc.integer({ min: 0, max: 1e12 });
    const states = fc.record<PageState>({
      place: fc.oneof(
        fc.constantFrom(
          { page: 'overview' as const },
          { page: 'calls' as const },
          { page: 'alerts' as const },
        ),
        id.map((id) => ({ page: 'call' as const, id })),
      ),
      range: fc.oneof(fc.constantFrom(...(Object.keys(PRESETS) as Preset[])), interval),
      zoom: fc.option(interval),
      feature: names,
      operation: names,
      model: names,
      outcome: names,
      retries: fc.constantFrom('all', 'without', 'only'),
      text: fc.string({ unit: 'grapheme' }),
      kpi: fc.constantFrom(...KPIS),
      by: fc.constantFrom(...GROUPINGS),
      compare: fc.boolean(),
      live: fc.boolean(),
      table: fc.boolean(),
      sort: fc.constantFrom('endedAt', 'durationMs', 'costUsd', 'tokens'),
      order: fc.constantFrom('desc', 'asc'),
    });
    fc.assert(fc.property(states, (state) => expect(open(addressOf(state))).toEqual(state)));
  });

  it('leaves out what it does not know', () => {
    expect(
      open('nowhere?range=tomorrow&zoom=now/then&kpi=profit&by=week&retries=2&sort=name&token=secret'),
    ).toEqual(DEFAULT_STATE);
    expect(open('calls/12x').place).toEqual({ page: 'calls' });
    expect(open('?range=2026-11-23T13:45Z/2026-11-22T13:45Z').range).toBe('fit');
  });
});

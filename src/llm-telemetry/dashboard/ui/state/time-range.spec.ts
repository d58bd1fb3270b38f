import {
  fittingPreset,
  lengthText,
  lengthWords,
  rangeOf,
  setFirstCall,
  shifted,
  shiftedChoice,
  wholeMinutes,
} from './time-range.js';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 24, 12);

it('ends at the current time for a preset', () => {
  expect(rangeOf('6h', NOON)).toEqual({ from: NOON - 6 * HOUR, to: NOON });
  // Includes the running minute and has exactly the length of the preset.
  expect(rangeOf('15m', NOON - 1)).toEqual({ from: NOON - HOUR / 4, to: NOON });
});

it.each([
  [1, '15m'],
  [5, '15m'],
  [14, '15m'],
  [15, '1h'],
  [59, '1h'],
  [120, '6h'],
  [359, '6h'],
  [360, '24h'],
  [9999, '24h'],
] as const)('fits the data of a store whose first call was %d minutes ago: %s', (minutes, preset) => {
  expect(fittingPreset(NOON - minutes * 60_000, NOON)).toBe(preset);
  setFirstCall(NOON - minutes * 60_000);
  const { from, to } = rangeOf('fit', NOON);
  setFirstCall(null);
  expect(to).toBe(NOON);
  expect(preset === '24h' || from <= NOON - minutes * 60_000).toBe(true);
});

it('is a day if the start of the data is unknown', () => {
  expect(fittingPreset(null, NOON)).toBe('24h');
});

it.each([
  [0.25, '15 minutes'],
  [1, '1 hour'],
  [24, '24 hours'],
  [168, '7 days'],
])('of %d hours has the length %s in words', (hours, text) => {
  expect(lengthWords({ from: NOON, to: NOON + hours * HOUR })).toBe(text);
});

it('moves by its own length, but not into the future', () => {
  const range = { from: NOON - 2 * HOUR, to: NOON - HOUR };
  expect(shifted(range, -1, NOON)).toEqual({ from: NOON - 3 * HOUR, to: NOON - 2 * HOUR });
  expect(shifted(range, 1, NOON)).toEqual({ from: NOON - HOUR, to: NOON });
  expect(shifted(range, 1, NOON - HOUR / 2)).toEqual({ from: NOON - 1.5 * HOUR, to: NOON - HOUR / 2 });
});

it('consists of whole minutes, at least one', () => {
  expect(wholeMinutes({ from: NOON + 1, to: NOON + 2 })).toEqual({ from: NOON, to: NOON + 60_000 });
});

it.each([
  [45 / 60, '45 min'],
  [1, '1 h'],
  [1.5, '1 h 30 min'],
  [24, '24 h'],
  [168, '7 d'],
])('of %d hours has the length %s', (hours, text) => {
  expect(lengthText({ from: NOON, to: NOON + hours * HOUR })).toBe(text);
});

describe('adjacent range', () => {
  const now = Date.UTC(2026, 10, 24, 12, 0, 30);

  it('keeps a moving range, which has no later range', () => {
    expect(shiftedChoice('24h', 1, now)).toBe('24h');
  });

  it('returns to the preset it started from', () => {
    const earlier = shiftedChoice('6h', -1, now);
    expect(earlier).toEqual({ from: Date.UTC(2026, 10, 24, 0, 1), to: Date.UTC(2026, 10, 24, 6, 1) });
    expect(shiftedChoice(earlier, 1, now)).toBe('6h');
  });

  it('keeps a range without a preset fixed', () => {
    const range = { from: Date.UTC(2026, 10, 24, 9), to: Date.UTC(2026, 10, 24, 11) };
    expect(shiftedChoice(range, 1, now)).toEqual({
      from: Date.UTC(2026, 10, 24, 10, 1),
      to: Date.UTC(2026, 10, 24, 12, 1),
    });
  });
});

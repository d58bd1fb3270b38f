import { lengthText, rangeOf, shifted, wholeMinutes } from './time-range.js';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 24, 12);

it('ends now where it is chosen by its length', () => {
  expect(rangeOf('6h', NOON)).toEqual({ from: NOON - 6 * HOUR, to: NOON });
});

it('moves by its own length, and not beyond now', () => {
  const range = { from: NOON - 2 * HOUR, to: NOON - HOUR };
  expect(shifted(range, -1, NOON)).toEqual({ from: NOON - 3 * HOUR, to: NOON - 2 * HOUR });
  expect(shifted(range, 1, NOON)).toEqual({ from: NOON - HOUR, to: NOON });
  expect(shifted(range, 1, NOON - HOUR / 2)).toEqual({ from: NOON - 1.5 * HOUR, to: NOON - HOUR / 2 });
});

it('is of whole minutes, at least one', () => {
  expect(wholeMinutes({ from: NOON + 1, to: NOON + 2 })).toEqual({ from: NOON, to: NOON + 60_000 });
});

it.each([
  [45 / 60, '45 min'],
  [1, '1 h'],
  [1.5, '1 h 30 min'],
  [24, '24 h'],
  [168, '7 d'],
])('of %d hours is %s long', (hours, text) => {
  expect(lengthText({ from: NOON, to: NOON + hours * HOUR })).toBe(text);
});

import { ageOfPrices } from './price-age.js';

const at = (tableDate: string | null): Parameters<typeof ageOfPrices>[0] => ({
  prices: { table: 'a table', tableDate, overrides: 0 },
  asOf: Date.UTC(2026, 10, 30, 12),
});

describe('the age of the price table', () => {
  it.each([
    ['2026-11-30', 0],
    ['2026-10-01', 60],
    ['2026-09-30', 61],
    // A clock that is behind.
    ['2026-12-24', 0],
    [null, null],
    ['unknown', null],
  ])('of %s is %s days', (date, days) => {
    expect(ageOfPrices(at(date))).toBe(days);
  });
});

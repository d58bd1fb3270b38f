import { formatExactUsd, formatPeriod, formatUsd } from './format.js';

describe('USD in sentences', () => {
  it.each([
    [0, '$0'],
    [0.0000423, '$0.000042'],
    [0.00042, '$0.00042'],
    [0.0042, '$0.0042'],
    [0.412, '$0.412'],
    [0.9996, '$1.000'],
    [184.2, '$184.20'],
    [1204, '$1,204.00'],
    [1e-12, '<$0.000000001'],
  ])('formats %d USD as %s', (usd, text) => expect(formatUsd(usd)).toBe(text));
});

describe('limits and prices', () => {
  it.each([
    [0, '$0'],
    [10, '$10'],
    [4500, '$4,500'],
    [2.5, '$2.50'],
    [0.0375, '$0.0375'],
    [0.1 + 0.2, '$0.30'],
  ])('formats %d USD as %s', (usd, text) => expect(formatExactUsd(usd)).toBe(text));
});

describe('periods', () => {
  it.each([
    [30_000, '30 s'],
    [300_000, '5 min'],
    [5_400_000, '90 min'],
    [3_600_000, '1 h'],
    [86_400_000, '24 h'],
    [604_800_000, '7 days'],
  ])('formats %d ms as %s', (ms, text) => expect(formatPeriod(ms)).toBe(text));
});

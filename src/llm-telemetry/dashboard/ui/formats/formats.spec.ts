import {
  bytes,
  callMoney,
  change,
  clockMillis,
  count,
  counted,
  duration,
  money,
  moneyLike,
  percent,
  points,
} from './formats.js';

describe('money', () => {
  it.each([
    [12_340, '$12,340'],
    [9999.99, '$9,999.99'],
    [184.2, '$184.20'],
    [1, '$1.00'],
    [0.4125, '$0.413'],
    [0.00042, '$0.00042'],
    [0.000004, '<$0.00001'],
    [0, '$0'],
  ])('formats %d as %s', (usd, text) => {
    expect(money(usd)).toBe(text);
  });

  it('uses the precision of the greatest amount for all amounts', () => {
    const text = moneyLike([84.93, 0.004, 0.2]);
    expect([84.93, 0.2, 0.004, 0].map(text)).toEqual(['$84.93', '$0.20', '<$0.01', '$0']);
  });

  it('shows the cost of a call with five decimals and separates leading zeros', () => {
    expect(callMoney(0.00018)).toEqual({ zeros: '$0.000', rest: '18' });
    expect(callMoney(0.03458)).toEqual({ zeros: '$0.0', rest: '3458' });
    expect(callMoney(1.5)).toEqual({ zeros: '', rest: '$1.50000' });
    expect(callMoney(0.000001)).toEqual({ zeros: '', rest: '<$0.00001' });
    expect(callMoney(0)).toEqual({ zeros: '', rest: '$0' });
  });
});

describe('counts', () => {
  it.each([
    [99_999, '99,999'],
    [100_000, '100K'],
    [182_400, '182K'],
    [999_600, '1.0M'],
    [92_400_000, '92.4M'],
    [1_204_000_000, '1.20B'],
  ])('formats %d as %s', (value, text) => {
    expect(count(value)).toBe(text);
  });

  it('uses the singular for a count of one', () => {
    expect([0, 1, 3214].map((value) => counted(value, 'call'))).toEqual(['0 calls', '1 call', '3,214 calls']);
  });
});

describe('shares and changes', () => {
  it.each([
    [0, '0%'],
    [0.0004, '<0.1%'],
    [0.084, '8.4%'],
    [0.0996, '10%'],
    [0.46, '46%'],
    [1, '100%'],
  ])('formats a share of %d as %s', (ratio, text) => {
    expect(percent(ratio)).toBe(text);
  });

  it.each([
    [131, 100, '↑ 31%'],
    [98, 100, '↓ 2%'],
    [100.2, 100, '±0%'],
    [1500, 100, '↑ 15×'],
    [5, 0, 'new'],
    [0, 0, null],
    [5, null, null],
  ])('formats the change to %d from %p as %p', (now, before, text) => {
    expect(change(now, before)).toBe(text);
  });

  it('formats the change of a rate in percentage points', () => {
    expect(points(0.029, 0.011)).toBe('↑ 1.8 pt');
    expect(points(0.011, 0.029)).toBe('↓ 1.8 pt');
    expect(points(0.011, 0.011)).toBe('±0 pt');
    expect(points(0.011, null)).toBeNull();
  });
});

describe('time', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '<1 ms'],
    [840, '840 ms'],
    [999.6, '1.00 s'],
    [1840, '1.84 s'],
    [13_420, '13.4 s'],
    [59_960, '1 m 00 s'],
    [84_000, '1 m 24 s'],
    [7_500_000, '2 h 05 m'],
  ])('formats %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('formats timestamps in local time, with milliseconds for a single call', () => {
    expect(clockMillis(new Date(2026, 10, 23, 14, 4, 8, 20).getTime())).toBe('14:04:08.020');
  });
});

describe('bytes', () => {
  it.each([
    [512, '512 B'],
    [2048, '2.0 KB'],
    [432_013_312, '412 MB'],
    [1_073_741_824, '1.0 GB'],
  ])('formats %d as %s', (value, text) => {
    expect(bytes(value)).toBe(text);
  });
});

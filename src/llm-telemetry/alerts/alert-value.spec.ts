import fc from 'fast-check';
import { formatCompared, formatValue } from './alert-value.js';

describe('formatted alert values', () => {
  it.each([
    [0.0008, 0.0005, 'usd', ['$0.00080', '$0.00050']],
    [0.00041, 0.00014, 'usd_per_hour', ['$0.00041 an hour', '$0.00014 an hour']],
    [0.05001, 0.05, 'ratio', ['5.001%', '5%']],
    [10_004, 10_000, 'ms', ['10.004 s', '10 s']],
    [10.0001, 10, 'per_minute', ['10.0001 a minute', '10 a minute']],
    // traceroot-ai/traceroot#2141 formatted a limit of 0.0005 as 0. langfuse/langfuse#17124 formatted 5.001 as 5.00.
    [0.001125, 0.0005, 'usd', ['$0.0011', '$0.00050']],
    [5.001, 5, 'usd', ['$5.001', '$5.000']],
    [5, 5, 'usd', ['$5.00', '$5.00']],
    [0.4, 0.3, 'ms', ['0.4 ms', '0.3 ms']],
  ] as const)('formats %d differently from its limit of %d (%s)', (value, limit, unit, words) =>
    expect(formatCompared(value, limit, unit)).toEqual(words),
  );

  it('formats a value and its limit differently if they differ by more than rounding errors', () => {
    const unit = fc.constantFrom('ms', 'ratio', 'usd', 'usd_per_hour', 'per_minute', 'calls');
    const amount = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(amount, amount, unit, (value, limit, unit) => {
        fc.pre(Math.abs(value - limit) > 1e-9 * Math.max(value, limit));
        const [words, limitWords] = formatCompared(value, limit, unit);
        expect(words).not.toBe(limitWords);
      }),
    );
  });

  it('can abbreviate units', () => {
    expect(formatValue(13.82, 'usd_per_hour', { short: true })).toBe('$13.82/h');
    expect(formatCompared(10.0001, 10, 'per_minute', { short: true })).toEqual(['10.0001/min', '10/min']);
  });

  it('uses three digits if they are sufficient', () => {
    expect(formatValue(13_420, 'ms')).toBe('13.4 s');
    expect(formatValue(0.084, 'ratio')).toBe('8.4%');
    expect(formatValue(1432, 'calls')).toBe('1,432');
  });
});

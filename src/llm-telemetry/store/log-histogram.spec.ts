import fc from 'fast-check';
import { LogHistogram } from './log-histogram.js';

const SHARES = [0, 0.01, 0.5, 0.9, 0.95, 0.99, 1];
const milliseconds = fc.array(fc.double({ min: 0.01, max: 86_400_000, noNaN: true }), { minLength: 1 });

function histogramOf(values: readonly number[]): LogHistogram {
  const histogram = new LogHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

/** Returns the exact quantile of the values. */
function exactQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

describe('a logarithmic histogram', () => {
  it('estimates every quantile within 1 %', () => {
    fc.assert(
      fc.property(milliseconds, (values) => {
        const quantiles = histogramOf(values).quantiles(SHARES);
        for (const [index, share] of SHARES.entries()) {
          const exact = exactQuantile(values, share);
          expect(Math.abs(quantiles[index]! - exact)).toBeLessThanOrEqual(exact * 0.010_000_1);
        }
      }),
    );
  });

  it('is the same whether values are added directly or merged from bytes', () => {
    fc.assert(
      fc.property(milliseconds, milliseconds, (some, others) => {
        const merged = new LogHistogram();
        merged.mergeBytes(histogramOf(some).toBytes());
        merged.mergeBytes(histogramOf(others).toBytes());
        const together = histogramOf([...some, ...others]);
        expect([...merged.toBytes()]).toEqual([...together.toBytes()]);
        expect(merged.count).toBe(some.length + others.length);
      }),
    );
  });

  it('encodes counts of any size', () => {
    const histogram = histogramOf([5]);
    for (let doubled = 0; doubled < 40; doubled++) histogram.merge(histogram);
    const read = new LogHistogram();
    read.mergeBytes(histogram.toBytes());
    expect(read.count).toBe(2 ** 40);
  });

  it('counts invalid durations as the smallest or the largest value', () => {
    const [least, most] = histogramOf([0, -5, NaN, -Infinity, Infinity, 1e300]).quantiles([0, 1]) as [
      number,
      number,
    ];
    expect(least).toBeCloseTo(0.01, 3);
    expect(most).toBeGreaterThan(86_400_000);
  });

  it('returns 0 for all quantiles while it is empty or after it is cleared', () => {
    const histogram = histogramOf([3, 4]);
    histogram.clear();
    expect(histogram.quantiles([0.5, 1])).toEqual([0, 0]);
    expect(histogram.toBytes()).toHaveLength(0);
  });

  it('rejects invalid bytes', () => {
    expect(() => new LogHistogram().mergeBytes(Uint8Array.of(255, 255, 255, 127, 1))).toThrow(RangeError);
    expect(() => new LogHistogram().mergeBytes(Uint8Array.of(3))).toThrow(RangeError);
  });
});

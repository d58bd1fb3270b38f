import fc from 'fast-check';
import { LogHistogram } from './log-histogram.js';

const SHARES = [0, 0.01, 0.5, 0.9, 0.95, 0.99, 1];
const milliseconds = fc.array(fc.double({ min: 0.01, max: 86_400_000, noNaN: true }), { minLength: 1 });

function histogramOf(values: readonly number[]): LogHistogram {
  const histogram = new LogHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

/** The value of which this share of all is not larger. */
function trueQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

describe('a histogram', () => {
  it('knows every quantile within 1 %', () => {
    fc.assert(
      fc.property(milliseconds, (values) => {
        const quantiles = histogramOf(values).quantiles(SHARES);
        for (const [index, share] of SHARES.entries()) {
          const exact = trueQuantile(values, share);
          expect(Math.abs(quantiles[index]! - exact)).toBeLessThanOrEqual(exact * 0.010_000_1);
        }
      }),
    );
  });

  it('is the same whether its values came together or were merged from bytes', () => {
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

  it('counts counts of any size', () => {
    const histogram = histogramOf([5]);
    for (let doubled = 0; doubled < 40; doubled++) histogram.merge(histogram);
    const read = new LogHistogram();
    read.mergeBytes(histogram.toBytes());
    expect(read.count).toBe(2 ** 40);
  });

  it('takes what no clock should say for the smallest or the largest', () => {
    const [least, most] = histogramOf([0, -5, NaN, -Infinity, Infinity, 1e300]).quantiles([0, 1]) as [
      number,
      number,
    ];
    expect(least).toBeCloseTo(0.01, 3);
    expect(most).toBeGreaterThan(86_400_000);
  });

  it('has no quantiles while it is empty, also after it was cleared', () => {
    const histogram = histogramOf([3, 4]);
    histogram.clear();
    expect(histogram.quantiles([0.5, 1])).toEqual([0, 0]);
    expect(histogram.toBytes()).toHaveLength(0);
  });

  it('refuses bytes that are none of it', () => {
    expect(() => new LogHistogram().mergeBytes(Uint8Array.of(255, 255, 255, 127, 1))).toThrow(RangeError);
    expect(() => new LogHistogram().mergeBytes(Uint8Array.of(3))).toThrow(RangeError);
  });
});

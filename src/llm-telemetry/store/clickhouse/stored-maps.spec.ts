import fc from 'fast-check';
import { LogHistogram } from '../log-histogram.js';
import { ALL_SUMS, CARRIED_SUMS, SUM_INDEX } from '../measure-table.js';
import { ERROR_SUMS, noErrorSums, noSums } from '../sums.js';
import {
  bytesOfHistogramMap,
  errorSumsOfMap,
  mapOfErrorSums,
  mapOfHistogram,
  mapOfSums,
  sumsOfMap,
} from './stored-maps.js';

/** Converts a map as ClickHouse returns it: sums of 0 are absent, keys have any order. */
function returned<Value>(map: Readonly<Record<string, Value>>): Record<string, Value> {
  return JSON.parse(JSON.stringify(map)) as Record<string, Value>;
}

describe('maps of ClickHouse', () => {
  it('hold histograms bit for bit', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true })), (values) => {
        const histogram = new LogHistogram();
        for (const value of values) histogram.add(value);
        const bytes = bytesOfHistogramMap(returned(mapOfHistogram(histogram)));
        expect(bytes).toEqual(histogram.toBytes());
      }),
    );
  });

  it('hold whole numbers and money exactly, and milliseconds to a nanosecond', () => {
    const whole = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    const units = fc.integer({ min: 0, max: 999_999_999_999 });
    const dollars = fc.integer({ min: 0, max: 1e12 });
    const count = ALL_SUMS.length;
    const money = fc.array(fc.tuple(dollars, units), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(whole, { minLength: count, maxLength: count }), money, (values, amounts) => {
        const sums = noSums();
        for (const [position, { index }] of ALL_SUMS.entries()) sums[index] = values[position]!;
        for (const [position, sum] of CARRIED_SUMS.entries())
          [sums[SUM_INDEX[sum.dollars]], sums[SUM_INDEX[sum.name]]] = amounts[position]!;
        sums[SUM_INDEX.retryTimeMs] = 1234.567_891;
        expect(sumsOfMap(returned(mapOfSums(sums)))).toEqual(sums);
      }),
    );
  });

  it('hold sums of errors by name', () => {
    const sums = noErrorSums();
    for (const [index, name] of ERROR_SUMS.entries()) sums[name] = index * 1000.5;
    const rounded = Object.fromEntries(
      Object.entries(sums).map(([name, value]) => [name, name.endsWith('Ms') ? value : Math.round(value)]),
    );
    expect(errorSumsOfMap(returned(mapOfErrorSums(sums)))).toEqual(rounded);
  });

  it('omit sums of 0, and values that are not finite', () => {
    const sums = noSums();
    sums[SUM_INDEX.calls] = 1;
    sums[SUM_INDEX.costUsd] = Infinity;
    sums[SUM_INDEX.attempts] = NaN;
    sums[SUM_INDEX.retries] = -0;
    expect(mapOfSums(sums)).toEqual({ [SUM_INDEX.calls]: '1' });
  });

  it('bound numbers, so that a billion of them add up within 128 bits', () => {
    const sums = noSums();
    sums[SUM_INDEX.costUsd] = 1e300;
    const { [SUM_INDEX.costUsd]: text } = mapOfSums(sums);
    expect(BigInt(text!) * 1_000_000_000n < 2n ** 127n).toBe(true);
  });
});

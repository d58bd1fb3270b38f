import fc from 'fast-check';
import { LogHistogram } from '../log-histogram.js';
import { SUM_INDEX, SUMS_LENGTH } from '../measure-table.js';
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

  it('hold whole numbers exactly, and milliseconds to a nanosecond', () => {
    const whole = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(fc.array(whole, { minLength: SUMS_LENGTH, maxLength: SUMS_LENGTH }), (values) => {
        const sums = noSums();
        sums.set(values);
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

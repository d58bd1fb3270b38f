import { callRecord } from '../../../test/support/call-record.js';
import type { CallRecord } from '../calls/record.js';
import { digitsOfUnits } from '../units/usd.js';
import {
  ALL_SUMS,
  CARRIED_SUMS,
  NO_MEASURES,
  SUM_INDEX,
  SUMMED_MEASURES,
  USD_SUMS,
  type SumName,
} from './measure-table.js';
import {
  addCall,
  addErrorSums,
  addStoredSums,
  bytesOfSums,
  columnOf,
  ERROR_PLACES,
  noErrorSums,
  noSums,
  subtractSums,
  type Sums,
} from './sums.js';

/** Sums of the first version of rollups, in the order in which files contain them. Never change this list. */
const FIRST_SUMS: readonly SumName[] = [
  'calls',
  'failed',
  'aborted',
  'truncated',
  'contentFiltered',
  'costUsd',
  'estimatedCostUsd',
  'billedCalls',
  'unpricedCalls',
  'unpricedInputTokens',
  'unpricedOutputTokens',
  'missingUsageCalls',
  'estimatedUsageCalls',
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'outputTokens',
  'reasoningTokens',
  'attempts',
  'retries',
  'rateLimitedAttempts',
  'retriedCalls',
  'recoveredCalls',
  'retryTimeMs',
  'retryCostUsd',
];

function sumsOf(...records: readonly CallRecord[]): Sums {
  const sums = noSums();
  for (const record of records) addCall(record, sums, () => sums);
  return sums;
}

describe('the table of sums', () => {
  it('keeps the positions of the sums in existing files', () => {
    expect(ALL_SUMS.slice(0, FIRST_SUMS.length).map(({ name, index }) => [index, name])).toEqual(
      FIRST_SUMS.map((name, index) => [index, name]),
    );
  });

  it('assigns each sum its own position', () => {
    const places = Object.values(SUM_INDEX);
    expect(new Set(places).size).toBe(places.length);
  });

  it('has a measure for each sum that is not internal', () => {
    expect(SUMMED_MEASURES).toEqual(
      [...FIRST_SUMS, 'unknownCostCalls', 'contradictoryUsageCalls', 'derivedUsageCalls'].filter(
        (name) => !name.startsWith('unpriced') || name.endsWith('Calls'),
      ),
    );
    expect(Object.values(NO_MEASURES).every((value) => value === 0)).toBe(true);
  });

  it('counts a call with contradictory or derived usage once', () => {
    const attempts = [{ usage: { clamped: true } }, { usage: { clamped: true, derived: true } }];
    const sums = sumsOf(callRecord({ attempts }), callRecord());
    expect([sums.at(SUM_INDEX.contradictoryUsageCalls), sums.at(SUM_INDEX.derivedUsageCalls)]).toEqual([
      1, 1,
    ]);
  });

  it('names sums of money by their unit', () => {
    expect(USD_SUMS).toEqual(ALL_SUMS.map(({ name }) => name).filter((name) => name.endsWith('Usd')));
  });

  it('has a sum of whole dollars for each sum of money', () => {
    expect(CARRIED_SUMS.map(({ name, dollars }) => [name, dollars, SUM_INDEX[dollars]])).toEqual([
      ['costUsd', 'costDollars', 31],
      ['estimatedCostUsd', 'estimatedCostDollars', 33],
      ['retryCostUsd', 'retryCostDollars', 35],
    ]);
  });

  it('keeps the columns of the table of errors', () => {
    expect(ERROR_PLACES.map(columnOf)).toEqual([
      'calls',
      'attempts',
      'retries',
      'retriedCalls',
      'recoveredCalls',
      'retryTimeMs',
      'retryCostUnits',
      'retryCostDollars',
    ]);
  });
});

describe('sums of money', () => {
  const costOf = (sums: Sums): string =>
    digitsOfUnits(sums[SUM_INDEX.costDollars]!, sums[SUM_INDEX.costUsd]!);
  const sumsOfUnits = (dollars: number, units: number): Sums => {
    const sums = noSums();
    [sums[SUM_INDEX.costDollars], sums[SUM_INDEX.costUsd]] = [dollars, units];
    return sums;
  };

  it('are exact to 10⁻¹² USD at a trillion dollars, encoded and added in any order', () => {
    const trillion = sumsOfUnits(1e12, 999_999_999_999);
    const one = sumsOfUnits(0, 1);
    for (const order of [
      [trillion, one, one],
      [one, trillion, one],
    ]) {
      const sums = noSums();
      for (const added of order) addStoredSums(sums, bytesOfSums(added));
      expect(costOf(sums)).toBe('1000000000001000000000001');
    }
  });

  // backblaze-labs/genblaze#63: ten costs of $0.10 were 0.9999999999999999. GreptimeTeam/greptimedb#829: 2⁵³ + 1 + 1 was 2⁵³.
  it('do not round costs, nor units beyond 2⁵³', () => {
    const cost = { source: 'table', costUsd: 0.1, lines: [], pricedAs: 'm', pricedFrom: 'test' } as const;
    const ten = Array.from({ length: 10 }, () => callRecord({ attempts: [{ cost }] }));
    expect(costOf(sumsOf(...ten))).toBe('1000000000000');
    const sums = sumsOfUnits(0, 2 ** 53);
    for (let count = 0; count < 3; count++) addStoredSums(sums, sumsOfUnits(0, 1));
    expect(costOf(sums)).toBe(String(2n ** 53n + 3n));
  });

  it('carry the dollars of rollups that older versions wrote in units only', () => {
    const sums = sumsOfUnits(0, 2);
    for (let count = 0; count < 3; count++) addStoredSums(sums, sumsOfUnits(0, Number.MAX_SAFE_INTEGER));
    expect(costOf(sums)).toBe(String(3n * BigInt(Number.MAX_SAFE_INTEGER) + 2n));
    expect(sums[SUM_INDEX.costUsd]).toBeLessThan(1e12);
  });

  it('can be subtracted to the last unit', () => {
    const sums = sumsOfUnits(1e12, 1);
    subtractSums(sums, sumsOfUnits(0, 2));
    expect(costOf(sums)).toBe('999999999999999999999999');
  });

  it('of errors carry their dollars, too', () => {
    const sums = noErrorSums();
    for (let count = 0; count < 9; count++)
      addErrorSums(sums, { ...noErrorSums(), retryCostUsd: 1_999_123_456_789_013 });
    expect(digitsOfUnits(sums.retryCostDollars, sums.retryCostUsd)).toBe(String(9n * 1_999_123_456_789_013n));
  });
});

describe('sums of times', () => {
  // stratisproject/StratisBitcoinFullNode#4038: sums depended on the order in which values arrived.
  it('are the same in any order, to the last bit', () => {
    const times = Array.from({ length: 1000 }, (_, index) => 301.234 + index * 0.1);
    const sumOf = (values: readonly number[]): number => {
      const sums = noErrorSums();
      for (const retryTimeMs of values) addErrorSums(sums, { ...noErrorSums(), retryTimeMs });
      return sums.retryTimeMs;
    };
    const micros = times.reduce((sum, ms) => sum + BigInt(Math.round(ms * 1000)), 0n);
    expect(sumOf(times)).toBe(Number(micros) / 1000);
    expect(sumOf(times.toReversed())).toBe(Number(micros) / 1000);
  });
});

describe('the bytes of sums', () => {
  const sums = sumsOf(callRecord(), callRecord({ truncated: true }));

  it('decode to the same sums', () => {
    const read = noSums();
    addStoredSums(read, bytesOfSums(sums));
    expect(read).toEqual(sums);
  });

  it('can be added to other sums', () => {
    const read = sumsOf(callRecord());
    addStoredSums(read, bytesOfSums(sums));
    expect(read).toEqual(sumsOf(callRecord(), callRecord(), callRecord({ truncated: true })));
  });

  it('of an earlier version decode to 0 for sums that were added later', () => {
    const read = noSums();
    addStoredSums(read, bytesOfSums(sums).subarray(0, 8 * 3));
    expect(read[SUM_INDEX.calls]).toBe(2);
    expect(read[SUM_INDEX.attempts]).toBe(0);
  });

  it('leave out a value that is not finite', () => {
    const endless = callRecord({
      attempts: [{}, { isRetry: true, waitedMs: Infinity, cost: { source: 'table', costUsd: NaN } as never }],
    });
    const read = noSums();
    addStoredSums(read, bytesOfSums(sumsOf(endless, callRecord())));
    const { calls, retries, retryTimeMs, costUsd } = SUM_INDEX;
    expect([calls, retries, retryTimeMs].map((place) => read[place])).toEqual([2, 1, 0]);
    expect(read[costUsd]).toBe(sumsOf(callRecord(), callRecord())[costUsd]);
  });
});

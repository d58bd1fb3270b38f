import { callRecord } from '../../../test/support/call-record.js';
import type { CallRecord } from '../calls/record.js';
import {
  ALL_SUMS,
  NO_MEASURES,
  SUM_INDEX,
  SUMMED_MEASURES,
  USD_SUMS,
  type SumName,
} from './measure-table.js';
import { addCall, addStoredSums, bytesOfSums, columnOf, ERROR_SUMS, noSums, type Sums } from './sums.js';

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
    expect(new Set(ALL_SUMS.map(({ index }) => index)).size).toBe(ALL_SUMS.length);
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

  it('keeps the columns of the table of errors', () => {
    expect(ERROR_SUMS.map(columnOf)).toEqual([
      'calls',
      'attempts',
      'retries',
      'retriedCalls',
      'recoveredCalls',
      'retryTimeMs',
      'retryCostUnits',
    ]);
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

  it('contain 0 for a non-finite value', () => {
    const read = noSums();
    addStoredSums(read, bytesOfSums(sums.map((sum, index) => (index === SUM_INDEX.retryTimeMs ? NaN : sum))));
    expect(read).toEqual(sums);
  });
});

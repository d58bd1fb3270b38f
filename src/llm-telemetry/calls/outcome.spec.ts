import { callRecord } from '../../../test/support/call-record.js';
import {
  countedAttempt,
  hasFailed,
  isUnpriced,
  isUsageEstimated,
  isUsageMissing,
  knownCostOf,
  knownUsageOf,
  outcomeOf,
  wasAborted,
  wasContentFiltered,
} from './outcome.js';
import type { AttemptRecord, Failure } from './record.js';

const failureOf = (type: Failure['type']): Failure => ({ type, errorClass: type });
const unknown = { source: 'unknown', reason: 'no price', reasonCode: 'unpriced_model' } as const;

function attemptOf(draft: NonNullable<Parameters<typeof callRecord>[0]>['attempts']): AttemptRecord {
  return callRecord({ attempts: draft! }).attempts[0]!;
}

describe('the outcome of a call', () => {
  it.each([
    ['a call without a failure', {}, 'ok', false, false],
    ['a call with an error', { failure: failureOf('timeout') }, 'timeout', true, false],
    ['a call that the application aborted', { failure: failureOf('aborted') }, 'aborted', false, true],
    ['a stream that the application left', { finishReason: 'cancelled' }, 'aborted', false, true],
    ['a truncated call', { finishReason: 'length' }, 'length', false, false],
  ] as const)(
    'is the error type, or the finish reason without an error, of %s',
    (_title, draft, outcome, failed, aborted) => {
      const record = callRecord(draft);
      expect([outcomeOf(record), hasFailed(record), wasAborted(record)]).toEqual([outcome, failed, aborted]);
    },
  );

  it('is content_filter if the finish reason or the error is a content filter', () => {
    expect(wasContentFiltered(callRecord({ finishReason: 'content_filter' }))).toBe(true);
    expect(wasContentFiltered(callRecord({ failure: failureOf('content_filter') }))).toBe(true);
    expect(wasContentFiltered(callRecord())).toBe(false);
  });
});

describe('an attempt', () => {
  it('has a known cost with a usage and a price', () => {
    const attempt = attemptOf([{}]);
    expect(knownUsageOf(attempt)).toBe(attempt.usage);
    expect(knownCostOf(attempt)).toBe((attempt.cost as { costUsd: number }).costUsd);
    expect(isUnpriced(attempt)).toBe(false);
  });

  it('is unpriced with a usage but no price, and its cost is unknown instead of 0', () => {
    const attempt = attemptOf([{ cost: unknown }]);
    expect(isUnpriced(attempt)).toBe(true);
    expect(knownCostOf(attempt)).toBeNull();
  });

  it('counts as missing usage and not as unpriced if its usage is missing', () => {
    const attempt = attemptOf([{ usage: { source: 'missing' }, cost: unknown }]);
    expect([isUsageMissing(attempt), isUnpriced(attempt), knownUsageOf(attempt)]).toEqual([
      true,
      false,
      null,
    ]);
  });

  it('counts neither as missing usage nor as unpriced if it cannot have been billed', () => {
    const attempt = attemptOf([{ usage: null, cost: null }]);
    expect([isUsageMissing(attempt), isUsageEstimated(attempt), isUnpriced(attempt)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('a call with several unpriced attempts', () => {
  it('counts once as unpriced, for the first of them', () => {
    const record = callRecord({ attempts: [{}, { cost: unknown }, { cost: unknown }] });
    expect(countedAttempt(record, isUnpriced)).toBe(record.attempts[1]);
  });
});

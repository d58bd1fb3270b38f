import { callRecord } from '../support/call-record.js';
import { retriesOf } from '../../src/llm-telemetry/store/retries.js';

const failed = (type: 'rate_limit' | 'timeout' | 'server_error', durationMs: number) => ({
  failure: { type, errorClass: type } as const,
  usage: null,
  cost: null,
  durationMs,
});
const retry = { isRetry: true, waitedMs: 500 };

const describeRetries = (attempts: Parameters<typeof callRecord>[0] & object): unknown[] =>
  retriesOf(callRecord(attempts)).map(({ attempt, repeated, reason, addedMs, lostUnits }) => [
    attempt.attempt,
    repeated?.attempt,
    reason,
    addedMs,
    lostUnits,
  ]);

describe('the retries of a call', () => {
  it('are empty if no attempt is a retry', () => {
    expect(describeRetries({ attempts: [failed('rate_limit', 20), {}] })).toEqual([]);
  });

  it('repeat the failed attempt before them, and add its duration and the wait after it', () => {
    const attempts = [
      failed('rate_limit', 20),
      { ...failed('server_error', 30), ...retry },
      { ...retry, waitedMs: 900 },
    ];
    expect(describeRetries({ attempts })).toEqual([
      [1, 0, 'rate_limit', 520, 0],
      [2, 1, 'server_error', 930, 0],
    ]);
  });

  it('repeat the attempt that failed, not a concurrent one', () => {
    expect(describeRetries({ attempts: [failed('timeout', 20), { durationMs: 700 }, retry] })).toEqual([
      [2, 0, 'timeout', 520, 0],
    ]);
  });

  it('include the cost of a response that was requested again', () => {
    const blocked = { failure: { type: 'content_filter', errorClass: 'content_filter' } as const };
    expect(describeRetries({ attempts: [{ ...blocked, durationMs: 300 }, retry] })).toEqual([
      [1, 0, 'content_filter', 800, 1e9],
    ]);
  });

  it('have an unknown reason if the repeated attempt did not fail or is missing', () => {
    expect(describeRetries({ attempts: [{ durationMs: 300 }, retry] })).toEqual([
      [1, 0, 'unknown', 800, 1e9],
    ]);
    expect(describeRetries({ attempts: [retry] })).toEqual([[0, undefined, 'unknown', 0, 0]]);
  });
});

import { callRecord } from '../support/call-record.js';
import { retriesOf } from '../../src/llm-telemetry/store/retries.js';

const failed = (type: 'rate_limit' | 'timeout' | 'server_error', durationMs: number) => ({
  failure: { type, errorClass: type } as const,
  usage: null,
  cost: null,
  durationMs,
});
const retry = { isRetry: true, waitedMs: 500 };

const told = (attempts: Parameters<typeof callRecord>[0] & object): unknown[] =>
  retriesOf(callRecord(attempts)).map(({ attempt, repeated, reason, addedMs, lostUnits }) => [
    attempt.attempt,
    repeated?.attempt,
    reason,
    addedMs,
    lostUnits,
  ]);

describe('the retries of a call', () => {
  it('are none where none was marked', () => {
    expect(told({ attempts: [failed('rate_limit', 20), {}] })).toEqual([]);
  });

  it('each repeat the failure before them, and add what that took and the wait after it', () => {
    const attempts = [
      failed('rate_limit', 20),
      { ...failed('server_error', 30), ...retry },
      { ...retry, waitedMs: 900 },
    ];
    expect(told({ attempts })).toEqual([
      [1, 0, 'rate_limit', 520, 0],
      [2, 1, 'server_error', 930, 0],
    ]);
  });

  it('repeat the one that failed, and not what ran beside it', () => {
    expect(told({ attempts: [failed('timeout', 20), { durationMs: 700 }, retry] })).toEqual([
      [2, 0, 'timeout', 520, 0],
    ]);
  });

  it('lose what was paid for an answer that was asked for again', () => {
    const blocked = { failure: { type: 'content_filter', errorClass: 'content_filter' } as const };
    expect(told({ attempts: [{ ...blocked, durationMs: 300 }, retry] })).toEqual([
      [1, 0, 'content_filter', 800, 1e9],
    ]);
  });

  it('are of an unknown reason where what they repeat has not failed, or is not there', () => {
    expect(told({ attempts: [{ durationMs: 300 }, retry] })).toEqual([[1, 0, 'unknown', 800, 1e9]]);
    expect(told({ attempts: [retry] })).toEqual([[0, undefined, 'unknown', 0, 0]]);
  });
});

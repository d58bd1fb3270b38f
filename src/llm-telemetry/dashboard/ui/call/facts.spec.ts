import type { CallRecord } from '../../api/index.js';
import { detailOf } from '../../../../../test/dashboard/fixture-calls.js';
import { attemptOf, callOf, retriedCall, usageOf } from '../../../../../test/dashboard/fixture-records.js';
import { attemptOutcome, factsOf } from './facts.js';

const linesOf = (record: CallRecord): Record<string, string> =>
  Object.fromEntries(factsOf(detailOf(1, record)).map(({ name, line }) => [name, line]));

describe('facts of a call', () => {
  it('explain a retried call', () => {
    expect(factsOf(detailOf(1, retriedCall()))).toEqual([
      { name: 'Cost', value: null, line: '41% of it on attempt 2' },
      { name: 'Duration', value: '13.4 s', line: '4.29 s lost to retries' },
      { name: 'First token', value: '5.44 s', line: '1.12 s into attempt 3' },
      { name: 'Attempts', value: '3', line: '1 rate_limit, 1 timeout' },
      { name: 'Tokens', value: null, line: 'attempt 2 is estimated' },
      { name: 'Finish', value: 'length', line: 'hit max_tokens 1,024' },
    ]);
  });

  it('explain a call without retries', () => {
    expect(linesOf(callOf([attemptOf({ usage: usageOf(612, 148, 306), durationMs: 1090 })]))).toEqual({
      Cost: '56% of it for output',
      Duration: '100% of it at the provider',
      'First token': 'then 174 tokens/s',
      Attempts: 'without a retry',
      Tokens: '50% of the input from cache',
      Finish: 'the model finished',
    });
  });

  it('state which values are unknown', () => {
    const unpriced = attemptOf({ requestModel: 'qwen3-32b' });
    expect(linesOf(callOf([unpriced]))['Cost']).toBe('no price for the model at this provider');
    expect(linesOf(callOf([attemptOf(), unpriced]))['Cost']).toBe(
      'attempt 2: no price for the model at this provider',
    );
    const scale = attemptOf({
      cost: { source: 'unknown', reason: 'no price for gpt-4o with', reasonCode: 'unpriced_service_tier' },
    });
    expect(linesOf(callOf([scale]))['Cost']).toBe('no price for the service tier');
    expect(linesOf(callOf([scale, unpriced]))['Cost']).toBe('unknown for attempts 1 and 2');
    const unreported = callOf([attemptOf({ usage: usageOf(0, 0, 0, 'missing'), cost: null })]);
    expect(linesOf(unreported)['Tokens']).toBe('the provider reported none');
    const whole = callOf([
      attemptOf({
        timeToFirstChunkMs: null,
        timeToFirstTokenMs: null,
        parameters: { model: 'gpt-4o', stream: false },
      }),
    ]);
    expect(linesOf(whole)['First token']).toBe('not streamed');
  });

  it('describe a call without any request', () => {
    expect(linesOf(callOf([], { durationMs: 4 }))).toMatchObject({
      Cost: 'no model request observed in the call',
      Duration: 'without any request',
      Attempts: 'no request was observed',
      Tokens: 'no model request was observed',
    });
    const refused = callOf([], { durationMs: 4, cost: { source: null, costUsd: 0 } });
    expect(linesOf(refused)).toMatchObject({ Cost: 'nothing was billed', Tokens: 'nothing was billed' });
  });
});

describe('outcome of an attempt', () => {
  it('shows the HTTP status and how the response ended', () => {
    const texts = retriedCall().attempts.map((attempt) => attemptOutcome(attempt).text);
    expect(texts).toEqual(['429 rate_limit', '200, then timeout', '200 truncated']);
    expect(attemptOutcome(attemptOf()).text).toBe('200 OK');
    expect(attemptOutcome(attemptOf({ finishReason: 'tool_calls' })).text).toBe('200 tool calls');
    expect(attemptOutcome(attemptOf({ ending: 'left' }))).toMatchObject({
      tone: 'quiet',
      text: '200 abandoned',
    });
  });

  it('states that there was no response', () => {
    const lost = { status: null, failure: { type: 'connection', errorClass: 'APIConnectionError' } } as const;
    expect(attemptOutcome(attemptOf(lost))).toMatchObject({ tone: 'bad', text: 'connection, no response' });
  });

  it('omits the status of a response that was recorded by hand', () => {
    expect(attemptOutcome(attemptOf({ status: null })).text).toBe('OK');
  });
});

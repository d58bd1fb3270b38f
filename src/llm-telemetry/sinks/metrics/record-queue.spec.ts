import { jest } from '@jest/globals';
import type { CallRecord } from '../../calls/record.js';
import { faultCount } from '../../wire/guard.js';
import { LONGEST_WAIT_MS, MAX_WAITING_RECORDS } from './limits.js';
import { WaitingRecords, type WaitingRecord } from './waiting-records.js';

const waitingRecord = (feature: string): WaitingRecord => ({
  record: { feature } as CallRecord,
  context: undefined,
  semconv: 'latest',
  asked: new Set(),
});

describe('records that wait', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const counting = (): { waiting: WaitingRecords; counted: string[] } => {
    const counted: string[] = [];
    return { waiting: new WaitingRecords(({ record }) => void counted.push(record.feature)), counted };
  };

  it('are counted together a moment after the first, in their order', () => {
    const { waiting, counted } = counting();
    waiting.add(waitingRecord('a'));
    jest.advanceTimersByTime(LONGEST_WAIT_MS - 1);
    waiting.add(waitingRecord('b'));
    expect(counted).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(counted).toEqual(['a', 'b']);
    waiting.add(waitingRecord('c'));
    jest.advanceTimersByTime(LONGEST_WAIT_MS);
    expect(counted).toEqual(['a', 'b', 'c']);
  });

  it('are counted at once on flush, and not again', () => {
    const { waiting, counted } = counting();
    waiting.add(waitingRecord('a'));
    waiting.flush();
    waiting.flush();
    jest.advanceTimersByTime(LONGEST_WAIT_MS);
    expect(counted).toEqual(['a']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are never more than the limit', () => {
    const { waiting, counted } = counting();
    for (let index = 1; index < MAX_WAITING_RECORDS; index++) waiting.add(waitingRecord('a'));
    expect(counted).toHaveLength(0);
    waiting.add(waitingRecord('a'));
    expect(counted).toHaveLength(MAX_WAITING_RECORDS);
  });

  it('are counted also where one before them cannot be', () => {
    const counted: string[] = [];
    const waiting = new WaitingRecords(({ record: { feature } }) => {
      if (feature === 'a') throw new Error('telemetry is on fire');
      counted.push(feature);
    });
    const faultsBefore = faultCount();
    waiting.add(waitingRecord('a'));
    waiting.add(waitingRecord('b'));
    waiting.flush();
    expect(counted).toEqual(['b']);
    expect(faultCount()).toBe(faultsBefore + 1);
  });
});

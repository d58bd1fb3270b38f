import { jest } from '@jest/globals';
import type { CallRecord } from '../../calls/record.js';
import { faultCount } from '../../wire/guard.js';
import { MAX_QUEUED_MS, MAX_QUEUED_RECORDS, RecordQueue, type QueuedRecord } from './meter-metrics.js';

const queuedRecord = (feature: string): QueuedRecord => ({
  record: { feature } as CallRecord,
  context: undefined,
  semconv: 'latest',
  enabled: new Set(),
});

describe('queue of records', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const counting = (): { queue: RecordQueue; counted: string[] } => {
    const counted: string[] = [];
    return { queue: new RecordQueue(({ record }) => void counted.push(record.feature)), counted };
  };

  it('counts records in batches, in order, 100 ms after the first record', () => {
    const { queue, counted } = counting();
    queue.add(queuedRecord('a'));
    jest.advanceTimersByTime(MAX_QUEUED_MS - 1);
    queue.add(queuedRecord('b'));
    expect(counted).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(counted).toEqual(['a', 'b']);
    queue.add(queuedRecord('c'));
    jest.advanceTimersByTime(MAX_QUEUED_MS);
    expect(counted).toEqual(['a', 'b', 'c']);
  });

  it('counts records immediately and only once on flush', () => {
    const { queue, counted } = counting();
    queue.add(queuedRecord('a'));
    queue.flush();
    queue.flush();
    jest.advanceTimersByTime(MAX_QUEUED_MS);
    expect(counted).toEqual(['a']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('counts all records when its size limit is reached', () => {
    const { queue, counted } = counting();
    for (let index = 1; index < MAX_QUEUED_RECORDS; index++) queue.add(queuedRecord('a'));
    expect(counted).toHaveLength(0);
    queue.add(queuedRecord('a'));
    expect(counted).toHaveLength(MAX_QUEUED_RECORDS);
  });

  it('continues to count records after a failure', () => {
    const counted: string[] = [];
    const queue = new RecordQueue(({ record: { feature } }) => {
      if (feature === 'a') throw new Error('telemetry is on fire');
      counted.push(feature);
    });
    const faultsBefore = faultCount();
    queue.add(queuedRecord('a'));
    queue.add(queuedRecord('b'));
    queue.flush();
    expect(counted).toEqual(['b']);
    expect(faultCount()).toBe(faultsBefore + 1);
  });
});

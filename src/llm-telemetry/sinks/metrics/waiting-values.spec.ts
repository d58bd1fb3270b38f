import type { Histogram } from '@opentelemetry/api';
import { faultCount } from '../../wire/guard.js';
import { MAX_WAITING_VALUES } from './limits.js';
import { WaitingValues } from './waiting-values.js';

class Recorded implements Histogram {
  readonly values: unknown[] = [];

  record(value: number, attributes?: object): void {
    this.values.push([value, attributes]);
  }
}

describe('values that wait', () => {
  const attributes = { feature: 'a' };

  it('are recorded when the event loop comes round, in their order', async () => {
    const waiting = new WaitingValues();
    const histogram = new Recorded();
    waiting.add(histogram, 1, attributes);
    waiting.add(histogram, 2, attributes);
    expect(histogram.values).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(histogram.values).toEqual([
      [1, attributes],
      [2, attributes],
    ]);
    waiting.add(histogram, 3, attributes);
    await new Promise((resolve) => setImmediate(resolve));
    expect(histogram.values).toHaveLength(3);
  });

  it('are recorded at once on flush, and not again', async () => {
    const waiting = new WaitingValues();
    const histogram = new Recorded();
    waiting.add(histogram, 1, attributes);
    waiting.flush();
    waiting.flush();
    await new Promise((resolve) => setImmediate(resolve));
    expect(histogram.values).toEqual([[1, attributes]]);
  });

  it('are never more than the limit', () => {
    const waiting = new WaitingValues();
    const histogram = new Recorded();
    for (let value = 0; value < MAX_WAITING_VALUES; value++) waiting.add(histogram, value, attributes);
    expect(histogram.values).toHaveLength(MAX_WAITING_VALUES);
  });

  it('are quantities', () => {
    const waiting = new WaitingValues();
    const histogram = new Recorded();
    for (const value of [Number.NaN, -1, Infinity, 0, 1]) waiting.add(histogram, value, attributes);
    waiting.flush();
    expect(histogram.values).toEqual([
      [0, attributes],
      [1, attributes],
    ]);
  });

  it('are recorded also where a histogram before them throws', () => {
    const waiting = new WaitingValues();
    const histogram = new Recorded();
    const broken = {
      record: () => {
        throw new Error('telemetry is on fire');
      },
    };
    const faultsBefore = faultCount();
    waiting.add(broken, 1, attributes);
    waiting.add(histogram, 2, attributes);
    waiting.flush();
    expect(histogram.values).toEqual([[2, attributes]]);
    expect(faultCount()).toBe(faultsBefore + 1);
  });
});

import { ROOT_CONTEXT, type Histogram } from '@opentelemetry/api';
import { faultCount } from '../../wire/guard.js';
import { Values } from './values.js';

describe('histogram values', () => {
  const attributes = { feature: 'a' };

  it('are recorded in the context of their call if they are finite and not negative', () => {
    const recorded: unknown[] = [];
    const histogram: Histogram = { record: (...args) => void recorded.push(args) };
    const values = new Values();
    values.context = ROOT_CONTEXT;
    for (const value of [Number.NaN, -1, Infinity, 0, 1]) values.record(histogram, value, attributes);
    expect(recorded).toEqual([
      [0, attributes, ROOT_CONTEXT],
      [1, attributes, ROOT_CONTEXT],
    ]);
  });

  it('report a fault if the histogram throws', () => {
    const broken: Histogram = {
      record: () => {
        throw new Error('telemetry is on fire');
      },
    };
    const faultsBefore = faultCount();
    new Values().record(broken, 1, attributes);
    expect(faultCount()).toBe(faultsBefore + 1);
  });
});

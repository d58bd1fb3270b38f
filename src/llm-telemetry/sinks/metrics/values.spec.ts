import { ROOT_CONTEXT, type Histogram } from '@opentelemetry/api';
import { faultCount } from '../../wire/guard.js';
import { Values } from './values.js';

describe('values of histograms', () => {
  const attributes = { feature: 'a' };

  it('are quantities, recorded in the context of their call', () => {
    const recorded: unknown[] = [];
    const histogram: Histogram = { record: (...told) => void recorded.push(told) };
    const values = new Values();
    values.context = ROOT_CONTEXT;
    for (const value of [Number.NaN, -1, Infinity, 0, 1]) values.record(histogram, value, attributes);
    expect(recorded).toEqual([
      [0, attributes, ROOT_CONTEXT],
      [1, attributes, ROOT_CONTEXT],
    ]);
  });

  it('that a histogram throws at are reported, and nothing else', () => {
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

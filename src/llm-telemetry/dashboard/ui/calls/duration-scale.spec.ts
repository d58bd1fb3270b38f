import type { CallRow } from '../../api/index.js';
import { detailOf, retriedCall } from '../../../../../test/dashboard/fixture-calls.js';
import { barOf, scaleOf } from './duration-scale.js';

const call = (changes: Partial<CallRow>): CallRow => ({ ...detailOf(1, retriedCall()), ...changes });

describe('duration bars of a list of calls', () => {
  it('share a round scale that fits the longest call', () => {
    expect(scaleOf([{ durationMs: 13_420 }, { durationMs: 366 }])).toBe(15_000);
    expect(scaleOf([{ durationMs: 2000 }])).toBe(2000);
    expect(scaleOf([])).toBe(1);
  });

  it('distinguish waiting from streaming', () => {
    expect(barOf(call({ durationMs: 8000, timeToFirstTokenMs: 2000 }), 10_000)).toEqual([
      { kind: 'waiting', from: 0, to: 0.2 },
      { kind: 'streaming', from: 0.2, to: 0.8 },
    ]);
  });

  it('show no first token without streaming', () => {
    const whole = { durationMs: 5000, timeToFirstTokenMs: null };
    expect(barOf(call({ ...whole, failed: false }), 10_000)).toEqual([{ kind: 'whole', from: 0, to: 0.5 }]);
    expect(barOf(call({ ...whole, failed: true }), 10_000)).toEqual([{ kind: 'waiting', from: 0, to: 0.5 }]);
  });
});

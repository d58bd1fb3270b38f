import fc from 'fast-check';
import { logAxis, niceAxis } from './nice-axis.js';

describe('axis from 0', () => {
  it.each([
    [5.6, { top: 6, step: 2 }],
    [0.118, { top: 0.15, step: 0.05 }],
    [32, { top: 40, step: 10 }],
    [0.0007, { top: 0.0008, step: 0.0002 }],
    [0, { top: 1, step: 1 }],
  ])('ends at a round number for values up to %d', (max, axis) => {
    expect(niceAxis(max, 4)).toEqual(axis);
  });

  it('contains every value within the maximum of steps', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
        fc.integer({ min: 2, max: 6 }),
        fc.boolean(),
        (max, ticks, whole) => {
          const { top, step } = niceAxis(max, ticks, whole);
          const steps = Math.round(top / step);
          expect(top).toBeGreaterThanOrEqual(max * (1 - 1e-9));
          expect(steps).toBeGreaterThanOrEqual(1);
          expect(steps).toBeLessThanOrEqual(ticks);
          expect(whole && !Number.isInteger(step)).toBe(false);
        },
      ),
    );
  });

  it('uses integers for counts', () => {
    expect(niceAxis(2, 4, true)).toEqual({ top: 2, step: 1 });
    expect(niceAxis(9, 4, true).step).toBe(5);
  });
});

describe('logarithmic axis', () => {
  it('contains every value and maps equal ratios to equal distances', () => {
    const { at, ticks } = logAxis([380, 28_400]);
    expect(at(380)).toBeGreaterThan(0);
    expect(at(28_400)).toBeLessThan(1);
    expect(at(10_000) - at(1000)).toBeCloseTo(at(1000) - at(100));
    expect(ticks).toEqual([1000, 10_000]);
  });
});

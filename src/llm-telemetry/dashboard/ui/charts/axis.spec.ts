import fc from 'fast-check';
import { USD, MS, RATIO } from '../formats/measure-formats.js';
import { AXIS_GAP, axisSize, niceAxis, logAxis } from './axis.js';

// madesroches/micromegas#1503: an axis of a fixed size cut off the leading digits of its labels.
it('sets the width of an axis to its widest label plus the gap', () => {
  const widthOf = (label: string): number => label.length * 6.4;
  expect(axisSize(['$0', '$0.00015'], widthOf)).toBeGreaterThanOrEqual(8 * 6.4 + AXIS_GAP);
  expect(axisSize([], widthOf)).toBe(32);
});

it.each([
  [USD, 0.0099, ['$0.0000', '$0.0025', '$0.0050', '$0.0075', '$0.0100']],
  [USD, 0.00015, ['$0.00000', '$0.00005', '$0.00010', '$0.00015']],
  [USD, 3e-7, ['$0.0000000', '$0.0000001', '$0.0000002', '$0.0000003']],
  [USD, 5.6, ['$0', '$2', '$4', '$6']],
  [RATIO, 0.09, ['0.0%', '2.5%', '5.0%', '7.5%', '10.0%']],
  [MS, 1800, ['0.0 s', '0.5 s', '1.0 s', '1.5 s', '2.0 s']],
] as const)('gives all labels of an axis the same number of decimals (%#)', (format, max, labels) => {
  const { top, step } = niceAxis(max, 4);
  const ticks = Array.from({ length: Math.round(top / step) }, (_, index) =>
    format.tick((index + 1) * step, top, step),
  );
  expect(ticks).toEqual(labels.slice(1));
});

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

  it('contains every value with at most the maximum number of steps', () => {
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

import { USD, MS, RATIO } from '../formats/figure-kinds.js';
import { AXIS_GAP, axisSize } from './axis-size.js';
import { niceAxis } from './nice-axis.js';

// madesroches/micromegas#1503: an axis of a fixed size lost the leading digits of its labels.
it('makes an axis as wide as its widest label and the gap', () => {
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
] as const)('gives all labels of an axis the same number of decimals (%#)', (figure, max, labels) => {
  const { top, step } = niceAxis(max, 4);
  const ticks = Array.from({ length: Math.round(top / step) }, (_, index) =>
    figure.tick((index + 1) * step, top, step),
  );
  expect(ticks).toEqual(labels.slice(1));
});

import { DAY } from '../../units/time.js';
import fc from 'fast-check';
import {
  type Horizons,
  nextLonger,
  ROLLUP_LENGTHS,
  type RollupLength,
  rollupRangesOf,
  shortestRollupAt,
  widenToRollups,
} from './rollup-ranges.js';

const [, , HOUR] = ROLLUP_LENGTHS;
const time = fc.integer({ min: 0, max: 400 * DAY });

/** Horizons as retention sets them: each at the start of a longer rollup. The longest rollups are kept forever. */
const horizons = fc.tuple(time, time).map(([one, other]): Horizons => {
  const [hours, minutes] = [Math.min(one, other), Math.max(one, other)];
  const at = (length: RollupLength, from: number): number =>
    Math.floor(from / nextLonger(length)) * nextLonger(length);
  return Object.fromEntries(
    ROLLUP_LENGTHS.map((length) => [
      length,
      length > HOUR ? 0 : at(length, length === HOUR ? hours : minutes),
    ]),
  ) as Horizons;
});

const ranges = fc
  .tuple(time, fc.integer({ min: 1, max: 100 * DAY }))
  .map(([from, length]) => ({ from, to: from + length }));

describe('the rollups of a range', () => {
  it('cover the range once and without gaps, using only rollups that are kept', () => {
    fc.assert(
      fc.property(ranges, horizons, fc.constantFrom(...ROLLUP_LENGTHS), (requested, horizons, longest) => {
        const range = widenToRollups(requested, horizons);
        expect(range.from).toBeLessThanOrEqual(requested.from);
        expect(range.to).toBeGreaterThanOrEqual(requested.to);
        const kept = longest >= shortestRollupAt(requested.from, horizons);
        fc.pre(kept);
        let end = range.from;
        for (const { length, from, to } of rollupRangesOf(range, longest)) {
          expect(from).toBe(end);
          expect(from % length).toBe(0);
          expect(to % length).toBe(0);
          expect(length).toBeLessThanOrEqual(longest);
          expect(from).toBeGreaterThanOrEqual(horizons[length]);
          end = to;
        }
        expect(end).toBe(range.to);
      }),
    );
  });

  it('widen the range by less than the shortest rollup that is kept', () => {
    fc.assert(
      fc.property(ranges, horizons, (requested, horizons) => {
        const range = widenToRollups(requested, horizons);
        expect(requested.from - range.from).toBeLessThan(shortestRollupAt(requested.from, horizons));
        expect(range.to - requested.to).toBeLessThan(shortestRollupAt(requested.to - 1, horizons));
      }),
    );
  });

  it('use shorter rollups only at the ends of a month', () => {
    const spans = rollupRangesOf({ from: 60_000, to: 31 * DAY - 60_000 }, DAY);
    const rollups = spans.reduce((sum, { length, from, to }) => sum + (to - from) / length, 0);
    expect(rollups).toBeLessThan(29 + 2 * (3 + 5 + 3 + 14) + 1);
  });
});

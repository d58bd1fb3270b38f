import fc from 'fast-check';
import { LEVELS, longerThan, type Level } from './levels.js';
import { shortestAt, spansOf, widened, type Horizons } from './spans.js';

const DAY = 86_400_000;
const [, , HOUR] = LEVELS;
const time = fc.integer({ min: 0, max: 400 * DAY });

/** What retention leaves: each horizon at the start of a longer rollup, the longest levels kept for ever. */
const horizons = fc.tuple(time, time).map(([one, other]): Horizons => {
  const [hours, minutes] = [Math.min(one, other), Math.max(one, other)];
  const at = (level: Level, from: number): number => Math.floor(from / longerThan(level)) * longerThan(level);
  return Object.fromEntries(
    LEVELS.map((level) => [level, level > HOUR ? 0 : at(level, level === HOUR ? hours : minutes)]),
  ) as Horizons;
});

const ranges = fc
  .tuple(time, fc.integer({ min: 1, max: 100 * DAY }))
  .map(([from, length]) => ({ from, to: from + length }));

describe('the rollups of a range', () => {
  it('cover it once, side by side, with none that is not kept any more', () => {
    fc.assert(
      fc.property(ranges, horizons, fc.constantFrom(...LEVELS), (asked, horizons, longest) => {
        const range = widened(asked, horizons);
        expect(range.from).toBeLessThanOrEqual(asked.from);
        expect(range.to).toBeGreaterThanOrEqual(asked.to);
        const kept = longest >= shortestAt(asked.from, horizons);
        fc.pre(kept);
        let end = range.from;
        for (const { level, from, to } of spansOf(range, longest)) {
          expect(from).toBe(end);
          expect(from % level).toBe(0);
          expect(to % level).toBe(0);
          expect(level).toBeLessThanOrEqual(longest);
          expect(from).toBeGreaterThanOrEqual(horizons[level]);
          end = to;
        }
        expect(end).toBe(range.to);
      }),
    );
  });

  it('are widened by less than the shortest that are kept', () => {
    fc.assert(
      fc.property(ranges, horizons, (asked, horizons) => {
        const range = widened(asked, horizons);
        expect(asked.from - range.from).toBeLessThan(shortestAt(asked.from, horizons));
        expect(range.to - asked.to).toBeLessThan(shortestAt(asked.to - 1, horizons));
      }),
    );
  });

  it('are few: a month takes no more than the ends of its days, hours and minutes', () => {
    const spans = spansOf({ from: 60_000, to: 31 * DAY - 60_000 }, DAY);
    const rollups = spans.reduce((sum, { level, from, to }) => sum + (to - from) / level, 0);
    expect(rollups).toBeLessThan(29 + 2 * (3 + 5 + 3 + 14) + 1);
  });
});

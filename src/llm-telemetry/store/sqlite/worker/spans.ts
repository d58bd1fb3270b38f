import type { TimeRange } from '../../measures.js';
import { DAY, LEVELS, type Level } from './levels.js';

/** A run of rollups of one level. */
export interface Span extends TimeRange {
  readonly level: Level;
}

/**
 * From when on rollups of each level are kept; before that, only longer ones are. Each is at the start of a longer one,
 * so that no longer rollup is half covered by shorter ones.
 */
export type Horizons = Readonly<Record<Level, number>>;

/** The range in whole rollups, of the shortest that are kept of its ends. */
export function widened({ from, to }: TimeRange, horizons: Horizons): TimeRange {
  const lastMoment = Math.max(from, to - 1);
  const last = shortestAt(lastMoment, horizons);
  return { from: floorTo(from, shortestAt(from, horizons)), to: floorTo(lastMoment, last) + last };
}

/** The shortest rollups that are kept of a moment. */
export function shortestAt(time: number, horizons: Horizons): Level {
  return LEVELS.findLast((level) => time >= horizons[level]) ?? DAY;
}

/** The fewest rollups that make up a widened range: the longest in its middle, shorter ones at its ends. */
export function spansOf(range: TimeRange, longest: Level): Span[] {
  return cover(
    range,
    LEVELS.filter((level) => level <= longest),
  );
}

function cover({ from, to }: TimeRange, [level, ...shorter]: readonly Level[]): Span[] {
  if (from >= to || level === undefined) return [];
  const first = Math.ceil(from / level) * level;
  const last = floorTo(to, level);
  if (first >= last) return cover({ from, to }, shorter);
  return [
    ...cover({ from, to: first }, shorter),
    { level, from: first, to: last },
    ...cover({ from: last, to }, shorter),
  ];
}

export function floorTo(time: number, unit: number): number {
  return Math.floor(time / unit) * unit;
}

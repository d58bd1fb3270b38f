import type { TimeRange } from '../../measures.js';
import { ROLLUP_LENGTHS, type RollupLength } from './rollup-lengths.js';
import { DAY } from '../../../units/time.js';

/** A range that is covered by rollups of one length. */
export interface RollupRange extends TimeRange {
  readonly length: RollupLength;
}

/**
 * Since when rollups of each length are kept. Each horizon is the start of a longer rollup, so that shorter rollups never
 * cover a longer one partially.
 */
export type Horizons = Readonly<Record<RollupLength, number>>;

/** Widens a range to whole rollups, of the shortest length that is kept at each end. */
export function widenToRollups({ from, to }: TimeRange, horizons: Horizons): TimeRange {
  const lastMoment = Math.max(from, to - 1);
  const last = shortestRollupAt(lastMoment, horizons);
  return { from: floorTo(from, shortestRollupAt(from, horizons)), to: floorTo(lastMoment, last) + last };
}

/** Returns the shortest rollup length that is kept at a time. */
export function shortestRollupAt(time: number, horizons: Horizons): RollupLength {
  return ROLLUP_LENGTHS.findLast((length) => time >= horizons[length]) ?? DAY;
}

/** Covers a widened range with the fewest rollups: the longest in the middle, shorter ones at the ends. */
export function rollupRangesOf(range: TimeRange, longest: RollupLength): RollupRange[] {
  return cover(
    range,
    ROLLUP_LENGTHS.filter((length) => length <= longest),
  );
}

function cover({ from, to }: TimeRange, [length, ...shorter]: readonly RollupLength[]): RollupRange[] {
  if (from >= to || length === undefined) return [];
  const first = Math.ceil(from / length) * length;
  const last = floorTo(to, length);
  if (first >= last) return cover({ from, to }, shorter);
  return [
    ...cover({ from, to: first }, shorter),
    { length, from: first, to: last },
    ...cover({ from: last, to }, shorter),
  ];
}

export function floorTo(time: number, unit: number): number {
  return Math.floor(time / unit) * unit;
}

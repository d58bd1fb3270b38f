import { StoreQueryError } from '../../store/call-store.js';
import type { TimeRange } from '../../store/measures.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './period.js';

/** How a range is cut up. */
export interface Buckets {
  readonly bucketMs: number;
  /** The start of each, the oldest first. */
  readonly at: readonly number[];
}

/** More than a screen has pixels for, and few enough to be answered at once. */
const MAX_BUCKETS = 1000;

/**
 * Buckets start at multiples of their length since 1970, moved by what the clocks of a time zone are ahead of UTC.
 *
 * @throws StoreQueryError where there would be too many, or where one is no multiple of a minute.
 */
export function bucketsOf(range: TimeRange, bucketMs: number = lengthFor(range), offsetMs = 0): Buckets {
  if (!Number.isSafeInteger(bucketMs) || bucketMs <= 0 || bucketMs % MINUTE_MS !== 0)
    throw new StoreQueryError('A bucket is a multiple of a minute.');
  const first = Math.floor((range.from + offsetMs) / bucketMs) * bucketMs - offsetMs;
  const count = Math.ceil((range.to - first) / bucketMs);
  if (count > MAX_BUCKETS)
    throw new StoreQueryError(
      `There would be more than ${MAX_BUCKETS} buckets: ask for longer ones, or for less time.`,
    );
  return { bucketMs, at: Array.from({ length: count }, (_, index) => first + index * bucketMs) };
}

/** The start of each bucket of a range, given that of one of them. */
export function startsOf({ from, to }: TimeRange, bucketMs: number, start: number): readonly number[] {
  const first = from - ((((from - start) % bucketMs) + bucketMs) % bucketMs);
  return Array.from({ length: Math.ceil((to - first) / bucketMs) }, (_, index) => first + index * bucketMs);
}

const LENGTHS = [
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
];

/** As many as a chart shows well. */
const CHART_BUCKETS = 120;

function lengthFor({ from, to }: TimeRange): number {
  return LENGTHS.find((length) => (to - from) / length <= CHART_BUCKETS) ?? 28 * DAY_MS;
}

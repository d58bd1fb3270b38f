import { StoreQueryError } from '../../store/call-store.js';
import type { TimeRange } from '../../store/measures.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './period.js';

/** How a range is cut up: buckets start at multiples of their length since 1970, moved by `offsetMs` for a time zone. */
export interface Buckets {
  readonly bucketMs: number;
  readonly offsetMs: number;
  /** The start of each, the oldest first. */
  readonly at: readonly number[];
}

/** More than a screen has pixels for, and few enough to be answered at once. */
export const MAX_BUCKETS = 1000;

/** @throws StoreQueryError where there would be too many, or where one is no multiple of a minute. */
export function bucketsOf(
  range: TimeRange,
  bucketMs: number = lengthFor(range),
  offsetMs = 0,
  max = MAX_BUCKETS,
): Buckets {
  if (!Number.isSafeInteger(bucketMs) || bucketMs <= 0 || bucketMs % MINUTE_MS !== 0)
    throw new StoreQueryError('A bucket is a multiple of a minute.');
  const first = Math.floor((range.from + offsetMs) / bucketMs) * bucketMs - offsetMs;
  const count = Math.ceil((range.to - first) / bucketMs);
  if (count > max)
    throw new StoreQueryError(
      `There would be more than ${max} buckets: ask for longer ones, or for less time.`,
    );
  return { bucketMs, offsetMs, at: Array.from({ length: count }, (_, index) => first + index * bucketMs) };
}

/** The buckets of the period before that stand for these: each as long before its own as the periods are apart. */
export function bucketsBefore({ bucketMs, offsetMs, at }: Buckets, { from, to }: TimeRange): Buckets {
  const apart = to - from;
  return { bucketMs, offsetMs: (offsetMs + apart) % bucketMs, at: at.map((start) => start - apart) };
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

import { StoreQueryError } from '../store/call-store.js';
import type { TimeRange } from '../store/measures.js';
import { DAY, HOUR, MINUTE, WEEK } from '../units/time.js';

/** Returns the last 24 hours, including the running minute. */
export function lastDay(now = Date.now()): TimeRange {
  // Includes a call that ends in this millisecond.
  const to = Math.ceil((now + 1) / MINUTE) * MINUTE;
  return { from: to - DAY, to };
}

/** Widens a range to whole minutes, so that the previous period has the same length and shares no rollup with it. */
export function wholeMinutes({ from, to }: TimeRange): TimeRange {
  return { from: Math.floor(from / MINUTE) * MINUTE, to: Math.ceil(to / MINUTE) * MINUTE };
}

/** Returns the previous period of the same length. */
export function periodBefore({ from, to }: TimeRange): TimeRange {
  return { from: Math.max(0, from - (to - from)), to: from };
}

/** Division of a range into buckets. */
export interface Buckets {
  readonly bucketMs: number;
  /** Start of each bucket, in ascending order. */
  readonly at: readonly number[];
}

/** More than a screen can show, and few enough for a fast response. */
const MAX_BUCKETS = 1000;

/**
 * Divides a range into buckets that start at multiples of their length since 1970, shifted by `offsetMs`, the UTC offset of a
 * time zone.
 *
 * @throws StoreQueryError if there are too many buckets, or if their length is not a multiple of a minute
 */
export function bucketsOf(range: TimeRange, bucketMs: number = lengthFor(range), offsetMs = 0): Buckets {
  if (!Number.isSafeInteger(bucketMs) || bucketMs <= 0 || bucketMs % MINUTE !== 0)
    throw new StoreQueryError(
      `The bucket length must be a positive multiple of ${MINUTE} ms, received ${bucketMs}.`,
    );
  const first = Math.floor((range.from + offsetMs) / bucketMs) * bucketMs - offsetMs;
  const count = Math.ceil((range.to - first) / bucketMs);
  if (count > MAX_BUCKETS)
    throw new StoreQueryError(
      `Too many buckets: ${count}, at most ${MAX_BUCKETS}. Use longer buckets or a shorter range.`,
    );
  return { bucketMs, at: Array.from({ length: count }, (_, index) => first + index * bucketMs) };
}

/** Returns the start of each bucket of a range, given the start of one bucket. */
export function startsOf({ from, to }: TimeRange, bucketMs: number, start: number): readonly number[] {
  const first = from - ((((from - start) % bucketMs) + bucketMs) % bucketMs);
  return Array.from({ length: Math.ceil((to - first) / bucketMs) }, (_, index) => first + index * bucketMs);
}

const LENGTHS = [
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  WEEK,
];

/** Number of buckets that a chart can show well. */
const CHART_BUCKETS = 120;

function lengthFor({ from, to }: TimeRange): number {
  return LENGTHS.find((length) => (to - from) / length <= CHART_BUCKETS) ?? 4 * WEEK;
}

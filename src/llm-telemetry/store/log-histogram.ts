/** The largest relative error of a quantile. */
const ERROR = 0.01;
/** Each bucket is this much wider than the one before. */
const GROWTH = (1 + ERROR) / (1 - ERROR);
const LOG_GROWTH = Math.log(GROWTH);
/** Smaller values are counted as this, in milliseconds. */
const SMALLEST = 0.01;
const OFFSET = Math.ceil(Math.log(SMALLEST) / LOG_GROWTH);
/** The last bucket counts all larger values: more than a day in milliseconds. */
const BUCKETS = Math.ceil(Math.log(1e8) / LOG_GROWTH) - OFFSET + 1;

/**
 * Histogram with exponential buckets, as in DDSketch: every quantile has a relative error of at most 1 %, and histograms
 * merge by adding their counts. Values are milliseconds, from 0.01.
 */
export class LogHistogram {
  /** Number of values. */
  count = 0;
  private readonly counts = new Float64Array(BUCKETS);
  /** The first and the last bucket that may contain values. */
  private low = BUCKETS;
  private high = -1;

  add(value: number): void {
    this.addTo(bucketOf(value), 1);
  }

  merge(other: LogHistogram): void {
    for (let bucket = other.low; bucket <= other.high; bucket++) {
      if (other.counts[bucket]! > 0) this.addTo(bucket, other.counts[bucket]!);
    }
  }

  /** Adds a histogram that `toBytes` encoded. @throws RangeError if the bytes are invalid */
  mergeBytes(bytes: Uint8Array): void {
    let bucket = -1;
    for (let at = 0; at < bytes.length;) {
      let step = 0;
      let count = 0;
      let scale = 1;
      for (; bytes[at]! >= 128; scale *= 128) step += (bytes[at++]! & 127) * scale;
      step += bytes[at++]! * scale;
      scale = 1;
      for (; bytes[at]! >= 128; scale *= 128) count += (bytes[at++]! & 127) * scale;
      count += bytes[at++]! * scale;
      bucket += step + 1;
      if (!(bucket < BUCKETS) || !(count >= 0)) throw new RangeError('Invalid bytes of a histogram.');
      this.addTo(bucket, count);
    }
  }

  /** Iterates over the buckets that are not empty, in ascending order, with their counts. */
  *buckets(): Generator<readonly [bucket: number, count: number]> {
    for (let bucket = this.low; bucket <= this.high; bucket++) {
      const count = this.counts[bucket]!;
      if (count > 0) yield [bucket, count];
    }
  }

  toBytes(): Uint8Array {
    return LogHistogram.encode(this.buckets());
  }

  /** Encodes buckets, in ascending order, as two varints each: the distance from the preceding one, and the count. */
  static encode(buckets: Iterable<readonly [bucket: number, count: number]>): Uint8Array {
    const bytes: number[] = [];
    const push = (value: number): void => {
      let rest = value;
      for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
      bytes.push(rest);
    };
    let before = -1;
    for (const [bucket, count] of buckets) {
      push(bucket - before - 1);
      push(count);
      before = bucket;
    }
    return Uint8Array.from(bytes);
  }

  /** Returns the quantiles for shares from 0 to 1 in ascending order; 0 for each if the histogram is empty. */
  quantiles(shares: readonly number[]): number[] {
    if (this.count === 0) return shares.map(() => 0);
    let bucket = this.low;
    let below = 0;
    return shares.map((share) => {
      const rank = Math.max(1, Math.ceil(share * this.count));
      while (below + this.counts[bucket]! < rank) below += this.counts[bucket++]!;
      return valueOf(bucket);
    });
  }

  clear(): void {
    this.counts.fill(0, Math.max(0, this.low), this.high + 1);
    this.count = 0;
    this.low = BUCKETS;
    this.high = -1;
  }

  private addTo(bucket: number, count: number): void {
    this.counts[bucket]! += count;
    this.count += count;
    if (bucket < this.low) this.low = bucket;
    if (bucket > this.high) this.high = bucket;
  }
}

function bucketOf(value: number): number {
  // Includes NaN.
  if (!(value > SMALLEST)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(value) / LOG_GROWTH) - OFFSET);
}

/** Returns the value that is within the relative error of every value of the bucket. */
function valueOf(bucket: number): number {
  return (2 * GROWTH ** (bucket + OFFSET)) / (GROWTH + 1);
}

/** The largest relative error of a quantile. */
const ERROR = 0.01;
/** Each bucket is this much wider than the one before. */
const GROWTH = (1 + ERROR) / (1 - ERROR);
const LOG_GROWTH = Math.log(GROWTH);
/** Smaller values count as this: a hundredth of a millisecond. */
const SMALLEST = 0.01;
const OFFSET = Math.ceil(Math.log(SMALLEST) / LOG_GROWTH);
/** The last bucket takes all that is larger: more than a day in milliseconds. */
const BUCKETS = Math.ceil(Math.log(1e8) / LOG_GROWTH) - OFFSET + 1;

/**
 * Counts values in buckets whose width grows with them, as DDSketch does: any quantile is known within 1 %, and two
 * histograms merge by adding their counts. Values are milliseconds here, from 0.01 on.
 */
export class LogHistogram {
  /** How many values there are. */
  count = 0;
  private readonly counts = new Float64Array(BUCKETS);
  /** The first and the last bucket that can have anything. */
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

  /** Adds what `toBytes` wrote of another. @throws RangeError for bytes that are none of it. */
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
      if (!(bucket < BUCKETS) || !(count >= 0))
        throw new RangeError('These are not the bytes of a histogram.');
      this.addTo(bucket, count);
    }
  }

  /** A few bytes for each bucket that is not empty: how far it is from the one before, and its count. */
  toBytes(): Uint8Array {
    const bytes: number[] = [];
    const push = (value: number): void => {
      let rest = value;
      for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
      bytes.push(rest);
    };
    let before = -1;
    for (let bucket = this.low; bucket <= this.high; bucket++) {
      const count = this.counts[bucket]!;
      if (count === 0) continue;
      push(bucket - before - 1);
      push(count);
      before = bucket;
    }
    return Uint8Array.from(bytes);
  }

  /** The values below which these shares (from 0 to 1, ascending) of all lie; 0 for each where it is empty. */
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
  // Not a number, too, is as small as can be.
  if (!(value > SMALLEST)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(value) / LOG_GROWTH) - OFFSET);
}

/** The value that is within the error of all that are in the bucket. */
function valueOf(bucket: number): number {
  return (2 * GROWTH ** (bucket + OFFSET)) / (GROWTH + 1);
}

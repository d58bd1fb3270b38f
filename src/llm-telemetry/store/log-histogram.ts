/** The largest relative error of a quantile. */
const ERROR = 0.01;
/** Each bucket is this much wider than the one before. */
const GROWTH = (1 + ERROR) / (1 - ERROR);
const LOG_GROWTH = Math.log(GROWTH);
/** Smaller values count as this: a hundredth of a millisecond. */
const SMALLEST = 0.01;
const OFFSET = Math.ceil(Math.log(SMALLEST) / LOG_GROWTH);
/** The last bucket takes all that is larger: about four months in milliseconds. */
const BUCKETS = Math.ceil(Math.log(1e10) / LOG_GROWTH) - OFFSET + 1;

/**
 * Counts values in buckets whose width grows with them, as DDSketch does: any quantile is known within 1 %, and two
 * histograms merge by adding their counts. Values are milliseconds here, from 0.01 on.
 */
export class LogHistogram {
  private readonly counts: Map<number, number>;

  /** Empty, or a copy of another. */
  constructor(other?: LogHistogram) {
    this.counts = new Map(other?.counts);
  }

  add(value: number): void {
    this.addTo(bucketOf(value), 1);
  }

  merge(other: LogHistogram): void {
    for (const [bucket, count] of other.counts) this.addTo(bucket, count);
  }

  get count(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }

  /** Adds what `toBytes` wrote of another. @throws RangeError for bytes that are none of it. */
  addBytes(bytes: Uint8Array): void {
    let at = 0;
    let bucket = -1;
    const next = (): number => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[at++];
        if (byte === undefined) throw new RangeError('These are not the bytes of a histogram.');
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      bucket += next() + 1;
      if (bucket >= BUCKETS) throw new RangeError('These are not the bytes of a histogram.');
      this.addTo(bucket, next());
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
    for (const [bucket, count] of this.sorted()) {
      push(bucket - before - 1);
      push(count);
      before = bucket;
    }
    return Uint8Array.from(bytes);
  }

  /** The values below which these shares (from 0 to 1, ascending) of all lie; 0 for each where it is empty. */
  quantiles(shares: readonly number[]): number[] {
    const sorted = this.sorted();
    const total = this.count;
    let index = 0;
    let below = 0;
    return shares.map((share) => {
      const rank = Math.max(1, Math.ceil(share * total));
      while (index < sorted.length && below + sorted[index]![1] < rank) below += sorted[index++]![1];
      const found = sorted[index];
      return found ? valueOf(found[0]) : 0;
    });
  }

  private addTo(bucket: number, count: number): void {
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + count);
  }

  private sorted(): Array<[bucket: number, count: number]> {
    return [...this.counts].sort(([one], [other]) => one - other);
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

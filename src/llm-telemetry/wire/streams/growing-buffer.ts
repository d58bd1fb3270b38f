const EMPTY: Buffer = Buffer.alloc(0);

/** Bytes. A larger JSON body or event is not buffered, so its usage is missing. */
export const MAX_JSON_SIZE = 8 * 1024 * 1024;

/** Collects bytes up to `MAX_JSON_SIZE`. Doubles its size, because a body can arrive in a million chunks of one byte. */
export class GrowingBuffer {
  private bytes = EMPTY;
  /** Number of bytes added, including those that did not fit. */
  length = 0;

  /** True if there are too many bytes: they are dropped. */
  get isFull(): boolean {
    return this.length > MAX_JSON_SIZE;
  }

  push(chunk: Uint8Array): void {
    const from = this.length;
    this.length += chunk.length;
    if (this.isFull) {
      this.bytes = EMPTY;
      return;
    }
    if (this.length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.length, 2 * this.bytes.length));
      larger.set(this.bytes.subarray(0, from));
      this.bytes = larger;
    }
    this.bytes.set(chunk, from);
  }

  /** Returns the collected bytes, without a copy; none if there were too many. */
  view(): Buffer {
    return this.isFull ? EMPTY : this.bytes.subarray(0, this.length);
  }

  /** Removes bytes from the start. */
  consume(count: number): void {
    if (count >= this.length) this.length = 0;
    else {
      this.bytes.copyWithin(0, count, this.length);
      this.length -= count;
    }
  }

  /** Removes and releases all bytes. */
  clear(): void {
    this.bytes = EMPTY;
    this.length = 0;
  }
}

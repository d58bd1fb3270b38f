import { SUMS, type Sums } from './tally.js';

/** Sums in the order of `SUMS`, as they are stored: a database reads one value much faster than two dozen columns. */
export function bytesOfSums(sums: Sums): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * SUMS.length));
  for (const [index, sum] of SUMS.entries()) {
    // What is no number (a broken clock, a price of one's own) must not spoil the sum of all others.
    view.setFloat64(8 * index, Number.isFinite(sums[sum]) ? sums[sum] : 0, true);
  }
  return new Uint8Array(view.buffer);
}

/** Adds stored sums to some; those that were added to `SUMS` later are not in older bytes. */
export function addSumsBytes(to: Float64Array, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.min(SUMS.length, bytes.byteLength >> 3);
  for (let index = 0; index < count; index++) to[index]! += view.getFloat64(8 * index, true);
}

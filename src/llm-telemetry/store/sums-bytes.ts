import { SUMS, type Sums } from './tally.js';

/** Encodes sums in the order of `SUMS` as one BLOB, which SQLite reads much faster than two dozen columns. */
export function bytesOfSums(sums: Sums): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * SUMS.length));
  for (const [index, sum] of SUMS.entries()) {
    // A value that is not finite (wrong clock, custom price) must not invalidate the sum.
    view.setFloat64(8 * index, Number.isFinite(sums[sum]) ? sums[sum] : 0, true);
  }
  return new Uint8Array(view.buffer);
}

/** Adds encoded sums. Older bytes lack sums that were appended to `SUMS` later. */
export function addSumsBytes(to: Float64Array, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.min(SUMS.length, bytes.byteLength >> 3);
  for (let index = 0; index < count; index++) to[index]! += view.getFloat64(8 * index, true);
}

/*
 * Buffer pool for copies of streams. Allocating a buffer costs more than copying into it (its pages must be mapped and
 * collected), so a few buffers are reused.
 */

/** Bytes. */
export const POOLED_BUFFER_SIZE = 64 * 1024;

/** Number of pooled buffers: half a megabyte, enough for the concurrent streams of a busy process. */
const POOL_SIZE = 8;

const free: Buffer[] = [];

/** Returns an uninitialized buffer of `POOLED_BUFFER_SIZE` bytes. */
export function acquireBuffer(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(POOLED_BUFFER_SIZE);
}

/** Returns a buffer to the pool. The caller must not use it afterwards. */
export function releaseBuffer(buffer: Buffer): void {
  if (buffer.length === POOLED_BUFFER_SIZE && free.length < POOL_SIZE) free.push(buffer);
}

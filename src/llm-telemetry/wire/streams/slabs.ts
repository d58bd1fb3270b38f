/**
 * Buffer pool for copies of streams. Allocating a buffer costs more than copying into it (its pages must be mapped and
 * collected), so a few buffers are reused. Size of a pooled buffer in bytes.
 */
export const SLAB_SIZE = 64 * 1024;

/** Number of pooled buffers: half a megabyte, enough for the concurrent streams of a busy process. */
const KEPT = 8;

const free: Buffer[] = [];

/** Returns an uninitialized buffer of `SLAB_SIZE` bytes. */
export function takeSlab(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(SLAB_SIZE);
}

/** Returns a buffer to the pool. The caller must not use it afterwards. */
export function returnSlab(slab: Buffer): void {
  if (slab.length === SLAB_SIZE && free.length < KEPT) free.push(slab);
}

/**
 * Memory for copies of streams. A fresh buffer costs more than what is copied into it (its pages have to be mapped, and
 * collected), so a few are kept for the next streams.
 */
export const SLAB_SIZE = 64 * 1024;

/** Enough for the streams of a busy process at one time; half a megabyte is kept at most. */
const KEPT = 8;

const free: Buffer[] = [];

/** A buffer of `SLAB_SIZE`. What is in it is of no meaning. */
export function takeSlab(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(SLAB_SIZE);
}

/** Gives back what `takeSlab` gave. It must not be used any more. */
export function returnSlab(slab: Buffer): void {
  if (slab.length === SLAB_SIZE && free.length < KEPT) free.push(slab);
}

import { randomBytes, createHmac } from 'node:crypto';
import { HttpException } from '@nestjs/common';

/** Wrong tokens that an address may send in a burst. */
const BURST = 30;
/** Time until an address may send one more, in milliseconds. */
const REFILL_MS = 10_000;
/** Number of buckets. Addresses share buckets, so that memory is bounded. */
const SLOTS = 4096;

/** Rate limit for wrong tokens per client network: a leaky bucket per slot. */
export class LoginRateLimit {
  /** Time at which the bucket of each slot is empty, Unix milliseconds. */
  private readonly emptyAt = new Float64Array(SLOTS);
  /** Random, so that clients cannot find out which addresses share a slot. */
  private readonly key = randomBytes(16);

  constructor(private readonly now: () => number) {}

  /** @throws LoginRateLimitException if the address may not try another token now. */
  check(address: string): void {
    const waitMs = this.remainingMs(this.slotOf(address)) - (BURST - 1) * REFILL_MS;
    if (waitMs > 0) throw new LoginRateLimitException(Math.ceil(waitMs / 1000));
  }

  add(address: string): void {
    const slot = this.slotOf(address);
    this.emptyAt[slot] = this.now() + this.remainingMs(slot) + REFILL_MS;
  }

  /** Bounded, so that a clock that is set back does not extend the wait. */
  private remainingMs(slot: number): number {
    return Math.min(Math.max(0, this.emptyAt[slot]! - this.now()), BURST * REFILL_MS);
  }

  private slotOf(address: string): number {
    const hash = createHmac('sha256', this.key).update(networkOf(address)).digest();
    return hash.readUInt32LE() % SLOTS;
  }
}

export class LoginRateLimitException extends HttpException {
  constructor(readonly retryAfterS: number) {
    super(`Too many wrong tokens from this address. Try again in ${retryAfterS} s.`, 429);
  }
}

/** Returns the /64 network of an IPv6 address: a client chooses the rest freely. IPv4 addresses are returned as is. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + last < 8) groups.push('0');
  }
  return groups.slice(0, 4).join(':');
}

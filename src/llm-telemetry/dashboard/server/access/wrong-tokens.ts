import { randomBytes, createHmac } from 'node:crypto';
import { HttpException } from '@nestjs/common';

/** Wrong tokens that an address may send at once. */
const AT_ONCE = 30;
/** How long it takes until it may send one more. */
const REGAIN_MS = 10_000;
/** Addresses share them where there are more: what is remembered does not grow with who comes. */
const SLOTS = 4096;

/** Counts wrong tokens by the address that they came from, so that nobody can try very many. */
export class WrongTokens {
  /** Until when each slot has wrong tokens to make good for, Unix milliseconds. */
  private readonly owedUntil = new Float64Array(SLOTS);
  /** Nobody outside can tell which addresses share a slot. */
  private readonly key = randomBytes(16);

  constructor(private readonly now: () => number) {}

  /** @throws TooManyTokensException where no other token may be tried now. */
  check(address: string): void {
    const waitMs = this.owedMs(this.slotOf(address)) - (AT_ONCE - 1) * REGAIN_MS;
    if (waitMs > 0) throw new TooManyTokensException(Math.ceil(waitMs / 1000));
  }

  add(address: string): void {
    const slot = this.slotOf(address);
    this.owedUntil[slot] = this.now() + this.owedMs(slot) + REGAIN_MS;
  }

  /** A clock that was set back makes nobody wait for longer. */
  private owedMs(slot: number): number {
    return Math.min(Math.max(0, this.owedUntil[slot]! - this.now()), AT_ONCE * REGAIN_MS);
  }

  private slotOf(address: string): number {
    const hash = createHmac('sha256', this.key).update(networkOf(address)).digest();
    return hash.readUInt32LE() % SLOTS;
  }
}

export class TooManyTokensException extends HttpException {
  constructor(readonly retryAfterS: number) {
    super(`Too many wrong tokens have come from this address. Try again in ${retryAfterS} s.`, 429);
  }
}

/** Of IPv6 the first half: the rest of it is its owner's to choose. */
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

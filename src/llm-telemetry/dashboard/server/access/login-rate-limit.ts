import { HttpException } from '@nestjs/common';

/** Wrong tokens that a network may send in a burst. */
const BURST = 30;
/** Time until a network may send one more, in milliseconds. */
const REFILL_MS = 10_000;
/** Networks that are counted individually. All others share one bucket, so that memory is bounded. */
const MAX_NETWORKS = 10_000;
const OTHERS = 'others';

/** Limits wrong tokens by a leaky bucket for each client network. */
export class LoginRateLimit {
  /** Time at which the bucket of each network is empty, in milliseconds of `elapsed`. */
  private readonly emptyAt = new Map<string, number>();

  /** @param elapsed - returns a monotonic time: setting the system time must not extend or shorten a wait. */
  constructor(private readonly elapsed: () => number) {}

  /** @throws LoginRateLimitException if the address may not try another token now. */
  check(address: string): void {
    const emptyAt = this.emptyAt.get(this.bucketOf(address)) ?? 0;
    const waitMs = emptyAt - this.elapsed() - (BURST - 1) * REFILL_MS;
    if (waitMs > 0) throw new LoginRateLimitException(Math.ceil(waitMs / 1000));
  }

  /** Counts a wrong token. */
  add(address: string): void {
    const now = this.elapsed();
    if (this.emptyAt.size >= MAX_NETWORKS) this.removeEmpty(now);
    const bucket = this.bucketOf(address);
    const emptyAt = Math.max(now, this.emptyAt.get(bucket) ?? 0) + REFILL_MS;
    this.emptyAt.set(bucket, Math.min(emptyAt, now + BURST * REFILL_MS));
  }

  private bucketOf(address: string): string {
    const network = networkOf(address);
    return this.emptyAt.has(network) || this.emptyAt.size < MAX_NETWORKS ? network : OTHERS;
  }

  private removeEmpty(now: number): void {
    for (const [bucket, emptyAt] of this.emptyAt) if (emptyAt <= now) this.emptyAt.delete(bucket);
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
  const [head = '', tail = ''] = plain.toLowerCase().split('::');
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':').map((group) => group.replace(/^0+(?=.)/, ''));
}

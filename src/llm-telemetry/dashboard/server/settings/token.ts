import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Maximum length of a token: longer ones are invalid as an option, and refused in requests without a comparison. */
export const MAX_TOKEN_LENGTH = 4096;

/** Lifetime of a session, in seconds. */
export const SESSION_S = 7 * 86_400;
/** Tolerated clock difference between replicas, in seconds. */
const CLOCK_SKEW_S = 300;

/**
 * Checks the token and creates sessions. A session is an expiry time with an HMAC keyed by the token: it needs no
 * storage, survives restarts, works on every replica, ends when the token changes and does not reveal the token.
 */
export class Token {
  private readonly hash: Buffer;
  private readonly key: Buffer;

  constructor(token: string) {
    this.hash = sha256(token);
    this.key = createHmac('sha256', token).update('nestjs-llm-telemetry dashboard session').digest();
  }

  /** Compares in constant time. */
  equals(given: string): boolean {
    return timingSafeEqual(this.hash, sha256(given));
  }

  openSession(now = Date.now()): string {
    const end = Math.floor(now / 1000) + SESSION_S;
    return `${end}.${this.signature(end)}`;
  }

  isSession(given: string, now = Date.now()): boolean {
    const [, end, signature] = /^(\d{1,12})\.([\w-]{43})$/.exec(given) ?? [];
    if (end === undefined || signature === undefined) return false;
    const leftS = Number(end) - now / 1000;
    // An expiry beyond the lifetime was issued by a clock that was ahead.
    if (leftS <= 0 || leftS > SESSION_S + CLOCK_SKEW_S) return false;
    return timingSafeEqual(sha256(signature), sha256(this.signature(Number(end))));
  }

  private signature(end: number): string {
    return createHmac('sha256', this.key).update(String(end)).digest('base64url');
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Longer tokens are refused: as an option at start, in a request without being compared. */
export const MAX_TOKEN_LENGTH = 4096;

/** How long a browser stays signed in. */
export const SESSION_S = 7 * 86_400;
/** How far the clocks of replicas may differ. */
const CLOCK_SKEW_S = 300;

/**
 * A token and the sessions that are opened with it. A session is a date and a signature that only the token can make: it
 * outlives a restart and works on every replica, ends with its date or with the token, and does not tell the token.
 */
export class Token {
  private readonly hash: Buffer;
  private readonly key: Buffer;

  constructor(token: string) {
    this.hash = sha256(token);
    this.key = createHmac('sha256', token).update('nestjs-llm-telemetry dashboard session').digest();
  }

  /** Takes the same time whatever was given. */
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
    // More time than a session has was left by a clock that was ahead.
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

/** Returns a seeded generator of numbers in [0, 1). Algorithm: mulberry32, public domain. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Delay of responses. `none` responds immediately, without timers; `realistic` draws from a log-normal distribution
 * with a tail of several seconds, like real providers; an object sets fixed times in milliseconds.
 *
 * @publicApi
 */
export type Latency = 'none' | 'realistic' | { readonly firstTokenMs: number; readonly perTokenMs: number };

/** Times of one response, in milliseconds. */
export interface ResponseDelays {
  readonly firstTokenMs: number;
  readonly perTokenMs: number;
}

/** Draws the times of one response; `null` means no delay. */
export function drawDelays(latency: Latency, random: () => number): ResponseDelays | null {
  if (latency === 'none') return null;
  if (typeof latency === 'object') return latency;
  const firstTokenMs = Math.min(4000, 280 * Math.exp(0.55 * normal(random)));
  const perTokenMs = Math.min(40, 7 * Math.exp(0.3 * normal(random)));
  return { firstTokenMs, perTokenMs };
}

/** Standard normal distribution (Box–Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

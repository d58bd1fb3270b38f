/** Reading values out of JSON that somebody else wrote: each function answers `null` or 0 for what is not as expected. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asString(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function asBoolean(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

/**
 * Returns a whole number; `null` for anything else, and for a number that is too large to be a count of tokens or uses.
 * Negative numbers are kept: `toUsage` clamps and flags them.
 */
export function asCount(value: unknown): number | null {
  const count = Math.trunc(asNumber(value) ?? NaN);
  return Math.abs(count) <= LARGEST_COUNT ? count : null;
}

/** Returns an amount that is measured and not counted (seconds); `null` for anything else, and for an implausible one. */
export function asQuantity(value: unknown): number | null {
  const quantity = asNumber(value);
  return quantity !== null && Math.abs(quantity) <= LARGEST_COUNT ? quantity : null;
}

/** Sums of a thousand such counts are exact. No provider bills nearly as many tokens for one response. */
const LARGEST_COUNT = 1e12;

/** Returns an amount of USD for one response; `null` for anything else, for a negative and for an implausible amount. */
export function asUsd(value: unknown): number | null {
  const usd = asNumber(value);
  return usd !== null && usd >= 0 && usd <= LARGEST_USD ? usd : null;
}

const LARGEST_USD = 1e6;

/** Parses JSON; `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

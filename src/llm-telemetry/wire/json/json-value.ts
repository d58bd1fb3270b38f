/** Readers for values of untrusted JSON. They return `null` (`asArray` an empty array) for unexpected values. */

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
 * Truncates a number, or a text of decimal digits, to an integer; `null` for anything else, and for a number too large for
 * a count of tokens or uses. Negative numbers are kept: `toUsage` clamps and flags them.
 */
export function asCount(value: unknown): number | null {
  const count = Math.trunc((typeof value === 'string' ? digitsIn(value) : asNumber(value)) ?? NaN);
  return Math.abs(count) <= MAX_COUNT ? count : null;
}

function digitsIn(text: string): number | null {
  return /^\d{1,13}$/.test(text) ? Number(text) : null;
}

/** Returns a measured quantity (seconds); `null` for anything else, and for an implausible value. */
export function asQuantity(value: unknown): number | null {
  const quantity = asNumber(value);
  return quantity !== null && Math.abs(quantity) <= MAX_COUNT ? quantity : null;
}

/** Sums of a thousand such counts are exact. No response is billed for nearly as many tokens. */
const MAX_COUNT = 1e12;

/** Returns the cost of one response in USD; `null` for anything else, and for a negative or implausible amount. */
export function asUsd(value: unknown): number | null {
  const usd = asNumber(value);
  return usd !== null && usd >= 0 && usd <= MAX_USD ? usd : null;
}

const MAX_USD = 1e6;

/** Parses JSON; returns `undefined` if it is invalid. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

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
 * A count that was said, else `null`: also for one too large to be a count, for sums of such are no numbers any more.
 * Negative numbers are kept: `toUsage` clamps and marks them.
 */
export function asCount(value: unknown): number | null {
  const count = Math.trunc(asNumber(value) ?? NaN);
  return Number.isSafeInteger(count) ? count : null;
}

/** Parses JSON; `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

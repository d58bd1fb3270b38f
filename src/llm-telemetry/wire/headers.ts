/** Reads HTTP headers by name in lower case. */
export interface HeaderGetter {
  /** Returns the value of a header; `null` if it is missing or cannot be read. */
  get(name: string): string | null;
}

/** No headers. */
export const NO_HEADERS: HeaderGetter = { get: () => null };

/** Longest delay before a retry that a provider can request, in milliseconds. */
export const MAX_DELAY_MS = 86_400_000;

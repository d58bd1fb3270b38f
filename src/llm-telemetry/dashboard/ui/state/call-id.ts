/** The id of a call: opaque text, never parsed as a number. */
export type CallId = string;

export function isCallId(text: string | undefined): text is CallId {
  return text !== undefined && /^[0-9A-Za-z-]{1,64}$/.test(text);
}

/** Converts an id of the API to text. A number is a safe integer, so the text is exact. */
export function callId(id: string | number): CallId {
  return String(id);
}

/** Like `callId`, for a neighbor that may not exist. */
export function callIdOrNull(id: string | number | null): CallId | null {
  return id === null ? null : callId(id);
}

/**
 * Compares ids by age: negative if `a` is older. Ids grow with time, as decimal numbers or as text of one length
 * (UUIDv7), so that the longer one is newer, then the greater one.
 */
export function compareCallIds(a: string | number, b: string | number): number {
  const [first, second] = [callId(a), callId(b)];
  return first.length - second.length || (first < second ? -1 : first > second ? 1 : 0);
}

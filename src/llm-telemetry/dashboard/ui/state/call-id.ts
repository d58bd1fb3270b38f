/** The id of a call: opaque text, never parsed as a number. */
export type CallId = string;

export function isCallId(text: string | undefined): text is CallId {
  return text !== undefined && /^[0-9A-Za-z-]{1,64}$/.test(text);
}

/**
 * Compares ids by age: negative if `a` is older. Ids grow with time, as numbers of version 0.1.0 or as UUIDs
 * of version 7, so that the longer one is newer, then the greater one.
 */
export function compareCallIds(a: CallId, b: CallId): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

import type { CallId } from '../state/call-id.js';

/** The call that was last looked at: one that comes back to a list is to find the place again. */
let id: CallId | null = null;

export function rememberCall(looked: CallId): void {
  id = looked;
}

/** Once. `null`: none was looked at since. */
export function takeLastLookedAt(): CallId | null {
  const looked = id;
  id = null;
  return looked;
}

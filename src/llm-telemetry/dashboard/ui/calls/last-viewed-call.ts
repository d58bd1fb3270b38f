import type { CallId } from '../state/call-id.js';

/** Call that was viewed last: a list restores the focus to it. */
let id: CallId | null = null;

export function rememberCall(looked: CallId): void {
  id = looked;
}

/** Returns the call that was viewed last and resets it; `null` if there is none. */
export function takeLastViewedCall(): CallId | null {
  const looked = id;
  id = null;
  return looked;
}

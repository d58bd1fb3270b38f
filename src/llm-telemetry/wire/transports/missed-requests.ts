import { subscribe } from 'node:diagnostics_channel';
import { guard } from '../guard.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { sharedWire } from '../exchanges/shared-wire.js';

/** A model request that went past the tap: its client was built before, or brings a `fetch` of its own. */
export interface MissedRequest {
  readonly host: string;
}

type MissedListener = (missed: MissedRequest) => void;

const listeners = new Set<MissedListener>();
let subscribed = false;

/**
 * Calls `listener` for each model request that the tap did not see. Every request of `fetch` shows on undici's
 * diagnostics channel, whichever way it was made; those that the tap sends are marked in their context.
 *
 * Source: undici, `docs/api/DiagnosticsChannel.md`, “undici:request:create”.
 */
export function onMissedRequest(listener: MissedListener): () => void {
  listeners.add(listener);
  if (!subscribed) {
    subscribed = true;
    subscribe('undici:request:create', (message) =>
      guard('reading a diagnostics message', () => look(message)),
    );
  }
  return () => listeners.delete(listener);
}

function look(message: unknown): void {
  const { request } = message as { request?: { origin?: unknown; path?: unknown; method?: unknown } };
  if (request?.method !== 'POST' || typeof request.path !== 'string') return;
  const query = request.path.indexOf('?');
  const format = formatOfPath(query < 0 ? request.path : request.path.slice(0, query));
  if (format === null || sharedWire.contexts.getStore()?.sending) return;
  const host = new URL(String(request.origin)).host;
  for (const listener of listeners) guard('telling of a missed request', () => listener({ host }));
}

import { subscribe } from 'node:diagnostics_channel';
import { guard } from '../guard.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { sharedWire } from '../exchanges/shared-wire.js';

/** A model request that bypassed the tap: its client was created earlier, or uses its own `fetch`. */
export interface MissedRequest {
  readonly host: string;
}

type MissedListener = (missed: MissedRequest) => void;

const listeners = new Set<MissedListener>();
let subscribed = false;

/**
 * Calls `listener` for each model request that bypassed the tap. Every request of `fetch` is published on undici's
 * diagnostics channel; requests of the tap are marked in their context. Returns a function that removes the listener.
 *
 * Source: https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md, “undici:request:create”.
 */
export function onMissedRequest(listener: MissedListener): () => void {
  listeners.add(listener);
  if (!subscribed) {
    subscribed = true;
    subscribe('undici:request:create', (message) =>
      guard('reading a diagnostics message', () => inspect(message)),
    );
  }
  return () => listeners.delete(listener);
}

function inspect(message: unknown): void {
  const { request } = message as { request?: { origin?: unknown; path?: unknown; method?: unknown } };
  if (request?.method !== 'POST' || typeof request.path !== 'string') return;
  const query = request.path.indexOf('?');
  const format = formatOfPath(query < 0 ? request.path : request.path.slice(0, query));
  if (format === null || sharedWire.contexts.getStore()?.sending) return;
  const host = new URL(String(request.origin)).host;
  for (const listener of listeners) guard('reporting a missed request', () => listener({ host }));
}

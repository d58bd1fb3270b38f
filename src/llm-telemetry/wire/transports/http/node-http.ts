import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { formatOfPath } from '../../exchanges/known-formats.js';
import { batchRouteOf, mayBeBatch } from '../../batches/batch-routes.js';
import { loadAtStart } from '../../exchanges/load-at-start.js';
import { currentObserver, sharedWire } from '../../exchanges/shared-wire.js';
import { guard } from '../../guard.js';
import { mayBeObserved } from '../observed-urls.js';
import { pathOf } from './client-request.js';

const code = loadAtStart(async () => {
  const [{ ObservedRequest, observeRequest, responseObserverOf }, { observeBatchRequest }] =
    await Promise.all([import('./observed-request.js'), import('./batch-request.js')]);
  return { ObservedRequest, observeRequest, responseObserverOf, observeBatchRequest };
});

/**
 * Observes the model requests of `node:http` and `node:https` (axios, got, node-fetch, Nest's `HttpModule`). Node.js
 * publishes each request when it is created, through any import and in any library, so no function is replaced
 * and other instrumentation is not affected. `fetch` does not use `node:http`.
 *
 * Source: Node.js documentation, “Diagnostics Channel”, `http.client.request.created`, `http.client.request.error` and
 * `http.client.response.finish`, which is published with the head of a response, before the application sees it.
 */
export function observeNodeHttp(): void {
  if (sharedWire.observesNodeHttp) return;
  sharedWire.observesNodeHttp = true;
  subscribe('http.client.request.created', created);
  subscribe('http.client.request.error', failed);
  subscribe('http.client.response.finish', responded);
}

interface Message {
  readonly request: ClientRequest;
  readonly response?: IncomingMessage;
  readonly error?: unknown;
}

/** Runs for every request of the process. */
function created(message: unknown): void {
  const { request } = message as Message;
  const { method } = request;
  if (method !== 'POST' && method !== 'GET') return;
  guard('reading a request', () => {
    if (!mayBeObserved(request.path)) return;
    const path = pathOf(request);
    const format = method === 'POST' ? formatOfPath(path) : null;
    const route = format === null && mayBeBatch(path) ? batchRouteOf(method, path) : null;
    if ((format === null && route === null) || sharedWire.contexts.getStore()?.sending) return;
    const observer = currentObserver();
    const loaded = code();
    if (!observer || !loaded) return;
    if (format !== null)
      loaded.observeRequest(request, new loaded.ObservedRequest(request, format, observer));
    else loaded.observeBatchRequest(request, route!, observer);
  });
}

function failed(message: unknown): void {
  const { request, error } = message as Message;
  const observed = code()?.responseObserverOf(request);
  if (observed) guard('reading an error', () => observed.failed(error));
}

function responded(message: unknown): void {
  const { request, response } = message as Message;
  const observed = code()?.responseObserverOf(request);
  if (observed && response) guard('reading a response', () => observed.responded(response));
}

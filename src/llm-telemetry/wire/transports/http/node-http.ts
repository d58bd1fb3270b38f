import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { formatOfPath } from '../../exchanges/known-formats.js';
import { currentObserver, sharedWire } from '../../exchanges/shared-wire.js';
import { guard } from '../../guard.js';
import { pathOf } from './client-request.js';
import { ObservedRequest, observedRequestOf, observeRequest } from './observed-request.js';

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
  if (request.method !== 'POST') return;
  guard('reading a request', () => {
    const format = formatOfPath(pathOf(request));
    if (format === null || sharedWire.contexts.getStore()?.sending) return;
    const observer = currentObserver();
    if (observer) observeRequest(request, new ObservedRequest(request, format, observer));
  });
}

function failed(message: unknown): void {
  const { request, error } = message as Message;
  const observed = observedRequestOf(request);
  if (observed) guard('reading an error', () => observed.failed(error));
}

function responded(message: unknown): void {
  const { request, response } = message as Message;
  const observed = observedRequestOf(request);
  if (observed && response) guard('reading a response', () => observed.responded(response));
}

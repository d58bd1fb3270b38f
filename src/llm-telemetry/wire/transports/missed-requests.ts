import { subscribe } from 'node:diagnostics_channel';
import { boundedName } from '../../text/bounded-name.js';
import { batchRouteOf, mayBeBatch } from '../batches/batch-routes.js';
import { plainPath } from '../dialects/endpoint.js';
import { isModelHost, knownHost } from '../dialects/host-match.js';
import { isOtherRequest } from '../dialects/other-requests.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { sharedWire } from '../exchanges/shared-wire.js';
import { guard } from '../guard.js';
import type { MissedTransport } from './missed-transports.js';
import { mayBeObserved } from './observed-urls.js';

/** A model request that is not captured. */
export interface MissedRequest {
  readonly host: string;
  readonly transport: MissedTransport;
}

type MissedListener = (missed: MissedRequest) => void;

const listeners = new Set<MissedListener>();
let subscribed = false;

/**
 * Calls `listener` for each model request that bypassed the instrumentation. Requests that are captured are marked in their
 * context. Returns a function that removes the listener.
 *
 * Sources: undici, “Diagnostics Channel Support”, `undici:request:create`; Node.js, “Diagnostics Channel”,
 * `http.client.request.created` (22.12) and `http2.client.stream.start` (22.23 and 24; older versions do not publish it).
 */
export function onMissedRequest(listener: MissedListener): () => void {
  listeners.add(listener);
  if (!subscribed) {
    subscribed = true;
    for (const [channel, inspect] of CHANNELS)
      subscribe(channel, (message) => guard('reading a diagnostics message', () => inspect(message)));
  }
  return () => listeners.delete(listener);
}

const CHANNELS: ReadonlyArray<readonly [channel: string, inspect: (message: unknown) => void]> = [
  ['undici:request:create', inspectUndici],
  ['http.client.request.created', inspectNodeHttp],
  ['http2.client.stream.start', inspectHttp2],
];

function inspectUndici(message: unknown): void {
  const { request } = message as {
    request?: { origin?: unknown; path?: unknown; method?: unknown; upgrade?: unknown };
  };
  if (typeof request?.path !== 'string') return;
  const isSocket = request.upgrade === 'websocket';
  if (request.method !== 'POST' && !isSocket && !mayBeResults(request.path)) return;
  const { host } = new URL(String(request.origin));
  report(isSocket ? 'websocket' : 'undici', host, String(request.method), request.path);
}

/** Requests of `node:http` are captured, except upgrades, and requests to APIs that are not known. */
function inspectNodeHttp(message: unknown): void {
  const { request } = message as {
    request: { method: string; path: string; host: unknown; getHeader(name: string): unknown };
  };
  if (request.method === 'POST') {
    if (typeof request.host === 'string' && isUnknownApi(request.host.toLowerCase(), request.path))
      report('unknown_api', request.host, 'POST', request.path);
    return;
  }
  if (request.method !== 'GET' || request.getHeader('upgrade') === undefined) return;
  if (String(request.getHeader('upgrade')).toLowerCase() !== 'websocket') return;
  report('websocket', String(request.getHeader('host')), request.method, request.path);
}

function inspectHttp2(message: unknown): void {
  const { headers } = message as { headers?: Readonly<Record<string, unknown>> };
  if (headers === undefined) return;
  report('http2', String(headers[':authority']), String(headers[':method']), String(headers[':path']));
}

function report(transport: MissedTransport, authority: string, method: string, target: string): void {
  if (method !== 'POST' && method !== 'GET') return;
  if (sharedWire.contexts.getStore()?.sending) return;
  const path = pathOf(target);
  const host = authority.replace(/\.?(?::\d+)?$/, '').toLowerCase();
  if (method === 'POST' && isUnknownApi(host, path)) return notify('unknown_api', authority);
  if (transport === 'websocket') {
    if (SOCKET_PATH.test(path)) awaitObservation(authority, () => notify(transport, authority));
    else if (isModelHost(host, path)) notify('unknown_api', authority);
  } else if (isReported(host, method, path)) notify(transport, authority);
}

/** Returns whether a POST is sent to a provider of models, to an API that may generate something and is not known. */
function isUnknownApi(host: string, target: string): boolean {
  // The host first: it rules out nearly all requests with one lookup.
  if (!isModelHost(host, target)) return false;
  const path = pathOf(target);
  if (formatOfPath(path) !== null || BEDROCK_PATH.test(path)) return false;
  return batchRouteOf('POST', path) === null && !isOtherRequest(path);
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return plainPath(query < 0 ? target : target.slice(0, query));
}

function mayBeResults(target: string): boolean {
  return mayBeObserved(target) && mayBeBatch(pathOf(target));
}

function notify(transport: MissedTransport, authority: string): void {
  const missed = { host: boundedName(authority), transport };
  for (const listener of listeners) guard('reporting a missed request', () => listener(missed));
}

/** Connections of one host whose sockets may be observed before or after they connect. */
interface AwaitedSockets {
  /** Number of sockets that were observed before they connected. */
  observed: number;
  /** Reports of connections whose sockets are not observed yet. */
  readonly reports: NodeJS.Timeout[];
}

const awaited = new Map<string, AwaitedSockets>();
const MAX_AWAITED_HOSTS = 256;
/** Time in milliseconds in which a socket can be passed to `observeWebSocket` after it connects. */
const OBSERVATION_DELAY_MS = 1000;

/** Cancels the report of a socket. Called when it is observed. `authority`: `host:port`, as in `URL.host`. */
export function socketObserved(authority: string): void {
  const sockets = awaitedAt(authority);
  const report = sockets.reports.shift();
  if (report === undefined) sockets.observed++;
  else clearTimeout(report);
}

/** Reports a connection unless its socket is or will be observed. */
function awaitObservation(authority: string, report: () => void): void {
  const sockets = awaitedAt(authority);
  if (sockets.observed > 0) {
    sockets.observed--;
    return;
  }
  const timer = setTimeout(() => {
    sockets.reports.splice(sockets.reports.indexOf(timer), 1);
    report();
  }, OBSERVATION_DELAY_MS);
  timer.unref();
  sockets.reports.push(timer);
}

function awaitedAt(authority: string): AwaitedSockets {
  let sockets = awaited.get(authority);
  if (sockets) return sockets;
  if (awaited.size >= MAX_AWAITED_HOSTS) awaited.clear();
  sockets = { observed: 0, reports: [] };
  awaited.set(authority, sockets);
  return sockets;
}

function isReported(host: string, method: 'POST' | 'GET', path: string): boolean {
  const isKnown = knownHost(host, path) !== null;
  return method === 'POST' ? isModelPath(path, isKnown) : isBatchResults(path, isKnown);
}

/** At an unknown host, only a path that no other kind of service uses counts: `/messages` and `/invoke` are common. */
function isModelPath(path: string, isKnown: boolean): boolean {
  if (isKnown) return (formatOfPath(path) !== null && !isOtherRequest(path)) || BEDROCK_PATH.test(path);
  return formatOfPath(path) !== null && SPECIFIC_PATH.test(path);
}

/**
 * Returns whether a path is that of the results of a batch, which contain its usage. Files of OpenAI and Gemini, which can
 * be something else too, count at a known host, as they do on the transports that are captured.
 */
function isBatchResults(path: string, isKnown: boolean): boolean {
  const route = batchRouteOf('GET', path);
  return route?.does === 'results' && (isKnown || !route.isAnyFile);
}

/** Paths of the Responses API over WebSocket and of the Realtime API. Source: OpenAI API reference. */
const SOCKET_PATH = /\/v1\/(?:responses|realtime)(?:\?|$)/;
/** Source: Amazon Bedrock API reference, “Converse” and “InvokeModel”. */
const BEDROCK_PATH = /^\/model\/[^/]+\/(?:converse|invoke)/;
const SPECIFIC_PATH = /\/chat\/completions$|\/v1\/(?:responses|messages|embeddings|completions)$/;

import type { ServerResponse } from 'node:http';
import { rawResponse, type PlatformRequest, type PlatformResponse } from './platform.js';
import { blockCrossOriginReads, PRIVATE_HEADERS } from './private-response.js';
import { rounded } from '../../../analytics/rounded.js';

/**
 * Sends JSON and bypasses the interceptors of the application, because one that wraps every response would break the
 * page. `<` is escaped, so that the JSON cannot close a script or a tag.
 */
export function sendJson(response: PlatformResponse, body: unknown, status = 200): void {
  const json = JSON.stringify(rounded(body)).replaceAll('<', '\\u003c');
  send(response, status, { 'content-type': 'application/json; charset=utf-8' }, json);
}

/** Sends a response. `headers` extend or override `PRIVATE_HEADERS`. */
export function send(
  response: PlatformResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): void {
  blockCrossOriginReads(response);
  response.status(status);
  for (const [name, value] of Object.entries({ ...PRIVATE_HEADERS, ...headers }))
    response.header(name, value);
  response.send(body);
}

/**
 * Starts a streamed response on the raw Node.js response. Returns `null` for a HEAD request, whose response is complete.
 */
export function startStream(
  request: PlatformRequest,
  response: PlatformResponse,
  headers: Readonly<Record<string, string>>,
): ServerResponse | null {
  response.hijack?.();
  blockCrossOriginReads(response);
  const raw = rawResponse(response);
  raw.writeHead(200, { ...PRIVATE_HEADERS, ...headers });
  if (request.method !== 'HEAD') return raw;
  raw.end();
  return null;
}

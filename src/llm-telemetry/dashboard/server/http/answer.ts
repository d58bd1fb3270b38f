import type { ServerResponse } from 'node:http';
import { rawResponse, type PlatformRequest, type PlatformResponse } from './platform.js';
import { closeToOtherOrigins, PRIVATE_HEADERS } from './private-response.js';
import { rounded } from '../../../analytics/rounded.js';

/**
 * Answers with JSON, past the application's own interceptors: one that wraps every answer would break the page. Nothing
 * of it can end a script or a tag, wherever it is put.
 */
export function answerJson(response: PlatformResponse, body: unknown, status = 200): void {
  const json = JSON.stringify(rounded(body)).replaceAll('<', '\\u003c');
  answer(response, status, { 'content-type': 'application/json; charset=utf-8' }, json);
}

/** `headers`: in addition to the private ones, or in place of them. */
export function answer(
  response: PlatformResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): void {
  closeToOtherOrigins(response);
  response.status(status);
  for (const [name, value] of Object.entries({ ...PRIVATE_HEADERS, ...headers }))
    response.header(name, value);
  response.send(body);
}

/**
 * Starts a response that is written piece by piece, without the platform. Returns `null` for a HEAD request, which is
 * answered in full by that.
 */
export function startStream(
  request: PlatformRequest,
  response: PlatformResponse,
  headers: Readonly<Record<string, string>>,
): ServerResponse | null {
  response.hijack?.();
  closeToOtherOrigins(response);
  const raw = rawResponse(response);
  raw.writeHead(200, { ...PRIVATE_HEADERS, ...headers });
  if (request.method !== 'HEAD') return raw;
  raw.end();
  return null;
}

import { rawResponse, type PlatformResponse } from './platform.js';
import { rounded } from './rounded.js';

/** Of every answer: nobody keeps it, frames it, reads it from another site, or takes it for what it does not say it is. */
export const PRIVATE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
};

/** Nothing in it may run or load anything: of data, which is no page. */
const DATA_HEADERS = {
  ...PRIVATE_HEADERS,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Headers by which an application that allows CORS everywhere would let other sites read. */
const CORS_HEADERS = ['access-control-allow-origin', 'access-control-allow-credentials'];

/**
 * Answers with JSON, past the application's own interceptors: one that wraps every answer would break the page. Nothing
 * of it can end a script or a tag, wherever it is put.
 */
export function answerJson(response: PlatformResponse, body: unknown, status = 200): void {
  const json = JSON.stringify(rounded(body)).replaceAll('<', '\\u003c');
  answer(response, status, { ...DATA_HEADERS, 'content-type': 'application/json; charset=utf-8' }, json);
}

export function answer(
  response: PlatformResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): void {
  forbidOtherOrigins(response);
  response.status(status);
  for (const [name, value] of Object.entries(headers)) response.header(name, value);
  response.send(body);
}

/** Takes back what the application's own CORS settings have allowed. */
export function forbidOtherOrigins(response: PlatformResponse): void {
  const holder = 'removeHeader' in response ? (response as unknown as HeaderHolder) : rawResponse(response);
  for (const name of CORS_HEADERS) {
    holder.removeHeader(name);
    rawResponse(response).removeHeader(name);
  }
}

interface HeaderHolder {
  removeHeader(name: string): unknown;
}

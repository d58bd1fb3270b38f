import { readdirSync } from 'node:fs';
import type { Answer } from './dashboard-app.js';

/** Token that is long enough to avoid a warning. */
export const TOKEN = 'a-token-that-is-hard-to-guess-8c41';

/** Headers of a client that sends the token. */
export const BEARER = { authorization: `Bearer ${TOKEN}` };

/** Headers of a submitted form. */
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Name of a script of the built page. */
export const ASSET = readdirSync(new URL('../../dist/ui/assets', import.meta.url)).find((name) =>
  name.endsWith('.js'),
)!;

/** Routes of the dashboard, one of each kind, relative to its path. */
export const ROUTES = [
  '',
  '/',
  '/calls/1',
  '/assets/index-12345678.js',
  '/favicon.svg',
  '/api/summary',
  '/api/breakdown?by=feature',
  '/api/timeline?metric=calls',
  '/api/errors',
  '/api/retries',
  '/api/quality',
  '/api/calls',
  '/api/calls/1',
  '/api/calls.csv',
  '/api/calls.ndjson',
  '/api/alerts',
  '/api/status',
  '/api/live',
  '/api/nothing',
];

/** Returns the session cookie that a response sets, as a browser sends it back. */
export function cookieOf({ headers }: Answer): string {
  return headers['set-cookie']![0]!.split(';', 1)[0]!;
}

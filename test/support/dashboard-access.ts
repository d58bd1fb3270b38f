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

/** Returns the session cookie that a response sets, as a browser sends it back. */
export function cookieOf({ headers }: Answer): string {
  return headers['set-cookie']![0]!.split(';', 1)[0]!;
}

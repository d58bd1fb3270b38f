import { readdirSync } from 'node:fs';
import type { Answer } from './dashboard-app.js';

/** A token that is long enough not to be warned about. */
export const TOKEN = 'a-token-that-is-hard-to-guess-8c41';

/** The headers of a client that sends the token. */
export const BEARER = { authorization: `Bearer ${TOKEN}` };

/** The headers of a submitted form. */
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** The name of a script of the built page. */
export const ASSET = readdirSync(new URL('../../dist/ui/assets', import.meta.url)).find((name) =>
  name.endsWith('.js'),
)!;

/** Returns the session cookie that a response sets, as a browser sends it back. */
export function cookieOf({ headers }: Answer): string {
  return headers['set-cookie']![0]!.split(';', 1)[0]!;
}

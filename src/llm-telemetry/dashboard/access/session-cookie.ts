import { headerOf, type PlatformRequest } from '../http/platform.js';
import { SESSION_S } from './token.js';

const NAME = 'llm_dashboard';

/** `null`: there is none. */
export function sessionIn(request: PlatformRequest): string | null {
  for (const pair of (headerOf(request, 'cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === NAME && value) return value;
  }
  return null;
}

/** For the dashboard alone: no script, no other site and no other path of this one gets it. */
export function sessionCookie(session: string, request: PlatformRequest, mount: string): string {
  const parts = [
    `${NAME}=${session}`,
    `Path=${pathInBrowser(request, mount)}`,
    `Max-Age=${SESSION_S}`,
    'HttpOnly',
    'SameSite=Strict',
  ];
  if (isSecure(request)) parts.push('Secure');
  return parts.join('; ');
}

/**
 * The dashboard's path as the browser has it, which a proxy may have cut a part off: the page that a form was on tells,
 * else the proxy, where it says what it has cut off.
 */
function pathInBrowser(request: PlatformRequest, mount: string): string {
  const page = headerOf(request, 'referer');
  const ofPage = page !== null && URL.canParse(page) ? upTo(new URL(page).pathname, mount) : null;
  const ofRequest = upTo((request.originalUrl ?? request.url).split('?', 1)[0]!, mount) ?? `/${mount}`;
  const prefix = headerOf(request, 'x-forwarded-prefix')?.replace(/\/+$/, '') ?? '';
  const path = ofPage?.endsWith(ofRequest) ? ofPage : prefix + ofRequest;
  return PLAIN_PATH.test(path) ? path : ofRequest;
}

const PLAIN_PATH = /^(?:\/[\w.~-]+)+$/;

function upTo(path: string, mount: string): string | null {
  const at = `${path}/`.lastIndexOf(`/${mount}/`);
  const found = at < 0 ? null : path.slice(0, at + mount.length + 1);
  return found !== null && PLAIN_PATH.test(found) ? found : null;
}

function isSecure(request: PlatformRequest): boolean {
  return (
    'encrypted' in request.socket ||
    headerOf(request, 'x-forwarded-proto')?.split(',', 1)[0]?.trim() === 'https'
  );
}

import { headerOf, type PlatformRequest } from '../http/platform.js';
import { SESSION_S } from '../settings/token.js';

const NAME = 'llm_dashboard';

/** A browser sends one for each path that the dashboard has had at this host; more than these are not looked at. */
const MAX_SESSIONS = 64;

/** Returns the sessions of the request's cookies: a browser sends those of longer paths and of earlier days, too. */
export function sessionsIn(request: PlatformRequest): readonly string[] {
  const sessions: string[] = [];
  for (const pair of (headerOf(request, 'cookie') ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== NAME) continue;
    const value = unquoted(pair.slice(at + 1).trim());
    if (value === '') continue;
    sessions.push(value);
    if (sessions.length === MAX_SESSIONS) break;
  }
  return sessions;
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
  const prefix = withoutTrailingSlashes(headerOf(request, 'x-forwarded-prefix') ?? '');
  const path = ofPage?.endsWith(ofRequest) ? ofPage : prefix + ofRequest;
  return PLAIN_PATH.test(path) ? path : ofRequest;
}

const PLAIN_PATH = /^(?:\/[\w.~-]+)+$/;

function upTo(path: string, mount: string): string | null {
  const at = `${path}/`.lastIndexOf(`/${mount}/`);
  const found = at < 0 ? null : path.slice(0, at + mount.length + 1);
  return found !== null && PLAIN_PATH.test(found) ? found : null;
}

function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === '/') end--;
  return text.slice(0, end);
}

/** RFC 6265 allows quotation marks around the value of a cookie. */
function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function isSecure(request: PlatformRequest): boolean {
  return (
    'encrypted' in request.socket ||
    headerOf(request, 'x-forwarded-proto')?.split(',', 1)[0]?.trim() === 'https'
  );
}

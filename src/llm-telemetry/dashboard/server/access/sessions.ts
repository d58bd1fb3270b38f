import { Inject, Injectable } from '@nestjs/common';
import { parseCookie, stringifySetCookie } from 'cookie';
import { DASHBOARD_CLOCK, type Clock } from '../../../runtime/clock.js';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import { headerOf, rawResponse, type PlatformRequest, type PlatformResponse } from '../http/platform.js';
import { tokenInAddress } from './token-in-address.js';
import { MAX_TOKEN_LENGTH, Token, SESSION_S } from '../settings/token.js';
import { LoginRateLimit } from './login-rate-limit.js';

/** Authenticates requests by the token of the dashboard or by a session cookie. */
@Injectable()
export class Sessions {
  private readonly token: Token | null;
  private readonly mount: string;
  private readonly rateLimit: LoginRateLimit;

  constructor(
    @Inject(DASHBOARD_SETTINGS) { token, path }: DashboardSettings,
    @Inject(DASHBOARD_CLOCK) clock: Clock,
  ) {
    this.rateLimit = new LoginRateLimit(() => clock.elapsed());
    this.token = token === null ? null : new Token(token);
    this.mount = path ?? '';
  }

  get required(): boolean {
    return this.token !== null;
  }

  /**
   * Returns true if the dashboard has no token, or if the request carries the token or a session. A token in the URL
   * opens a session.
   *
   * @throws LoginRateLimitException
   */
  authenticate(request: PlatformRequest, response: PlatformResponse): boolean {
    if (this.token === null) return true;
    const { token } = this;
    if (sessionsIn(request).some((session) => token.isSession(session))) return true;
    if (this.isToken(bearerIn(request), request)) return true;
    return this.open(tokenInAddress(request) ?? '', request, response);
  }

  /** Opens a session if `given` is the token; returns false otherwise. @throws LoginRateLimitException */
  open(given: string, request: PlatformRequest, response: PlatformResponse): boolean {
    if (this.token === null || !this.isToken(given, request)) return false;
    const cookie = sessionCookie(this.token.openSession(), request, this.mount);
    rawResponse(response).appendHeader('set-cookie', cookie);
    return true;
  }

  /** Checks the rate limit first: a blocked address must not learn whether its next guess is right. */
  private isToken(given: string, request: PlatformRequest): boolean {
    if (given === '') return false;
    const address = request.ip ?? request.socket.remoteAddress ?? '';
    this.rateLimit.check(address);
    if (given.length <= MAX_TOKEN_LENGTH && this.token?.equals(given)) return true;
    this.rateLimit.add(address);
    return false;
  }
}

/** Returns the token of `Authorization: Bearer <token>`, else an empty string. */
function bearerIn(request: PlatformRequest): string {
  const header = headerOf(request, 'authorization') ?? '';
  return header.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7).trim() : '';
}

const NAME = 'llm_dashboard';

/** Maximum of session cookies that are checked. A browser sends one per path that the dashboard has had on this host. */
const MAX_SESSIONS = 64;

/** Returns all sessions in the cookies of a request. A browser may also send older ones and those of longer paths. */
export function sessionsIn(request: PlatformRequest): readonly string[] {
  // One pair at a time: of cookies with the same name, `parseCookie` returns only the first.
  const pairs = (headerOf(request, 'cookie') ?? '').split(';');
  return pairs.flatMap((pair) => parseCookie(pair, { decode: unquoted })[NAME] || []).slice(0, MAX_SESSIONS);
}

/** Returns a `Set-Cookie` value that is limited to the path of the dashboard, to this site and to HTTP. */
export function sessionCookie(session: string, request: PlatformRequest, mount: string): string {
  return stringifySetCookie({
    name: NAME,
    value: session,
    path: pathInBrowser(request, mount),
    maxAge: SESSION_S,
    httpOnly: true,
    sameSite: 'strict',
    secure: isSecure(request),
  });
}

/**
 * Returns the path of the dashboard in the browser. A proxy may strip a prefix: it is taken from the `Referer` of the
 * login form, else from `X-Forwarded-Prefix`.
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
  return value.replace(/^"(.*)"$/, '$1');
}

function isSecure(request: PlatformRequest): boolean {
  return (
    'encrypted' in request.socket ||
    headerOf(request, 'x-forwarded-proto')?.split(',', 1)[0]?.trim() === 'https'
  );
}

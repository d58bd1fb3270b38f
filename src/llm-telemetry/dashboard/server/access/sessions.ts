import { Inject, Injectable } from '@nestjs/common';
import { DASHBOARD_CLOCK, type Clock } from '../../../runtime/clock.js';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import { headerOf, rawResponse, type PlatformRequest, type PlatformResponse } from '../http/platform.js';
import { sessionCookie, sessionsIn } from './session-cookie.js';
import { tokenInAddress } from './token-in-address.js';
import { MAX_TOKEN_LENGTH, Token } from '../settings/token.js';
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

import { Inject, Injectable } from '@nestjs/common';
import { DASHBOARD_CLOCK, type Clock } from '../../../runtime/clock.js';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import { headerOf, rawResponse, type PlatformRequest, type PlatformResponse } from '../http/platform.js';
import { sessionCookie, sessionsIn } from './session-cookie.js';
import { tokenInAddress } from './token-in-address.js';
import { MAX_TOKEN_LENGTH, Token } from '../settings/token.js';
import { WrongTokens } from './wrong-tokens.js';

/** Who has shown the token, where there is one. */
@Injectable()
export class Sessions {
  private readonly token: Token | null;
  private readonly mount: string;
  private readonly wrong: WrongTokens;

  constructor(
    @Inject(DASHBOARD_SETTINGS) { token, path }: DashboardSettings,
    @Inject(DASHBOARD_CLOCK) clock: Clock,
  ) {
    this.wrong = new WrongTokens(() => clock.now());
    this.token = token === null ? null : new Token(token);
    this.mount = path ?? '';
  }

  get required(): boolean {
    return this.token !== null;
  }

  /**
   * True where the request comes with the token or a session. A token in the address opens one.
   *
   * @throws TooManyTokensException
   */
  admit(request: PlatformRequest, response: PlatformResponse): boolean {
    if (this.token === null) return true;
    const { token } = this;
    if (sessionsIn(request).some((session) => token.isSession(session))) return true;
    if (this.isToken(bearerIn(request), request)) return true;
    return this.open(tokenInAddress(request) ?? '', request, response);
  }

  /** Opens a session for whoever has the token; false: this is not it. @throws TooManyTokensException */
  open(given: string, request: PlatformRequest, response: PlatformResponse): boolean {
    if (this.token === null || !this.isToken(given, request)) return false;
    const cookie = sessionCookie(this.token.openSession(), request, this.mount);
    rawResponse(response).appendHeader('set-cookie', cookie);
    return true;
  }

  /** Whoever has sent too many others is not told of this one: guessing would go on otherwise. */
  private isToken(given: string, request: PlatformRequest): boolean {
    if (given === '') return false;
    const address = request.ip ?? request.socket.remoteAddress ?? '';
    this.wrong.check(address);
    if (given.length <= MAX_TOKEN_LENGTH && this.token?.equals(given)) return true;
    this.wrong.add(address);
    return false;
  }
}

/** Returns the token of `Authorization: Bearer <token>`, else an empty string. */
function bearerIn(request: PlatformRequest): string {
  const header = headerOf(request, 'authorization') ?? '';
  return header.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7).trim() : '';
}

import { Inject, Injectable } from '@nestjs/common';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../dashboard.settings.js';
import {
  headerOf,
  rawResponse,
  urlOf,
  type PlatformRequest,
  type PlatformResponse,
} from '../http/platform.js';
import { sessionCookie, sessionIn } from './session-cookie.js';
import { Token } from './token.js';

/** Who has shown the token, where there is one. */
@Injectable()
export class Sessions {
  private readonly token: Token | null;
  private readonly mount: string;

  constructor(@Inject(DASHBOARD_SETTINGS) { token, path }: DashboardSettings) {
    this.token = token === null ? null : new Token(token);
    this.mount = path ?? '';
  }

  get required(): boolean {
    return this.token !== null;
  }

  /** True where the request comes with the token or a session. A token in the address opens one. */
  admit(request: PlatformRequest, response: PlatformResponse): boolean {
    if (this.token === null) return true;
    const [, bearer] = /^Bearer +(\S+) *$/i.exec(headerOf(request, 'authorization') ?? '') ?? [];
    if (bearer !== undefined && this.token.equals(bearer)) return true;
    const session = sessionIn(request);
    if (session !== null && this.token.isSession(session)) return true;
    return this.open(urlOf(request).query.get('token') ?? '', request, response);
  }

  /** Opens a session for whoever has the token; false: this is not it. */
  open(given: string, request: PlatformRequest, response: PlatformResponse): boolean {
    if (!this.token?.equals(given)) return false;
    const cookie = sessionCookie(this.token.openSession(), request, this.mount);
    rawResponse(response).appendHeader('set-cookie', cookie);
    return true;
  }
}

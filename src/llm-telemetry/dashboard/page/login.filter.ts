import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { TokenRequiredException } from '../access/token.guard.js';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../dashboard.settings.js';
import { answer, PRIVATE_HEADERS } from '../http/answer.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { LOGIN_POLICY, loginPage } from './login-page.js';
import { baseOf, placeOf } from './place.js';

/** Asks for the token in place of the page. */
@Catch(TokenRequiredException)
export class LoginFilter implements ExceptionFilter {
  constructor(@Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings) {}

  catch(_error: TokenRequiredException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<PlatformRequest>();
    const base = baseOf(request, placeOf(request) ?? '', this.settings.path ?? '');
    answerLogin(http.getResponse(), base, { wrong: false });
  }
}

export function answerLogin(response: PlatformResponse, base: string, { wrong }: { wrong: boolean }): void {
  const headers = {
    ...PRIVATE_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': LOGIN_POLICY,
    'www-authenticate': 'Bearer realm="llm-telemetry"',
  };
  answer(response, 401, headers, loginPage(base, wrong));
}

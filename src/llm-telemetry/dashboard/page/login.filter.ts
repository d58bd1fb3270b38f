import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { TokenRequiredException } from '../access/token.guard.js';
import { TooManyTokensException } from '../access/wrong-tokens.js';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../dashboard.settings.js';
import { answer, PRIVATE_HEADERS } from '../http/answer.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { LOGIN_POLICY, loginPage } from './login-page.js';
import { baseOf, placeOf } from './place.js';

/** Asks for the token in place of the page. */
@Catch(TokenRequiredException, TooManyTokensException)
export class LoginFilter implements ExceptionFilter {
  constructor(@Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings) {}

  catch(error: TokenRequiredException | TooManyTokensException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<PlatformRequest>();
    const base = baseOf(request, placeOf(request) ?? '', this.settings.path ?? '');
    answerLogin(http.getResponse(), base, error instanceof TooManyTokensException ? error : null);
  }
}

/** `problem`: what is wrong with the token that was sent; `null`: none was. */
export function answerLogin(
  response: PlatformResponse,
  base: string,
  problem: 'wrong' | TooManyTokensException | null,
): void {
  const refused = problem instanceof TooManyTokensException ? problem : null;
  const headers = {
    ...PRIVATE_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': LOGIN_POLICY,
    ...(refused
      ? { 'retry-after': String(refused.retryAfterS) }
      : { 'www-authenticate': 'Bearer realm="llm-telemetry"' }),
  };
  const sentence = refused?.message ?? (problem === 'wrong' ? 'This is not the token.' : null);
  answer(response, refused ? 429 : 401, headers, loginPage(base, sentence));
}

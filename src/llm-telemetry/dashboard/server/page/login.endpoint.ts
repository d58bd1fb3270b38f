import { Injectable, NotFoundException } from '@nestjs/common';
import { Sessions } from '../access/sessions.js';
import { TooManyTokensException } from '../access/wrong-tokens.js';
import { answer } from '../http/answer.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { loginPage } from './login-page.js';
import { PLAIN_POLICY } from './plain-page.js';

/** Takes the token from the form. */
@Injectable()
export class LoginEndpoint {
  constructor(private readonly sessions: Sessions) {}

  answer(request: PlatformRequest, response: PlatformResponse): void {
    if (!this.sessions.required) throw new NotFoundException('The dashboard has no token.');
    // Relative to `…/login`: the dashboard, wherever a proxy has put it.
    const base = './';
    try {
      if (!this.sessions.open(tokenIn(request.body), request, response))
        return answerLogin(response, base, 'wrong');
    } catch (error) {
      if (error instanceof TooManyTokensException) return answerLogin(response, base, error);
      throw error;
    }
    answer(response, 303, { location: base }, '');
  }
}

/** Answers with the form. `problem`: what is wrong with the token that was sent; `null`: none was sent. */
export function answerLogin(
  response: PlatformResponse,
  base: string,
  problem: 'wrong' | TooManyTokensException | null,
): void {
  const refused = problem instanceof TooManyTokensException ? problem : null;
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PLAIN_POLICY,
    ...(refused
      ? { 'retry-after': String(refused.retryAfterS) }
      : { 'www-authenticate': 'Bearer realm="llm-telemetry"' }),
  };
  const sentence = refused?.message ?? (problem === 'wrong' ? 'This is not the token.' : null);
  answer(response, refused ? 429 : 401, headers, loginPage(base, sentence));
}

function tokenIn(body: unknown): string {
  const token = typeof body === 'object' && body !== null ? (body as { token?: unknown }).token : undefined;
  return typeof token === 'string' ? token : '';
}

import { Injectable, NotFoundException } from '@nestjs/common';
import { Sessions } from '../access/sessions.js';
import { LoginRateLimitException } from '../access/login-rate-limit.js';
import { send } from '../http/send.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { loginPage } from './login-page.js';
import { PLAIN_POLICY } from './plain-page.js';

/** Endpoint of the login form. */
@Injectable()
export class LoginEndpoint {
  constructor(private readonly sessions: Sessions) {}

  handle(request: PlatformRequest, response: PlatformResponse): void {
    if (!this.sessions.required)
      throw new NotFoundException('This dashboard has no token, so there is no login.');
    // Relative to `…/login`, so that it works behind a proxy that adds a prefix.
    const base = './';
    try {
      if (!this.sessions.open(tokenIn(request.body), request, response))
        return sendLoginPage(response, base, 'wrong');
    } catch (error) {
      if (error instanceof LoginRateLimitException) return sendLoginPage(response, base, error);
      throw error;
    }
    send(response, 303, { location: base }, '');
  }
}

/** Sends the login form. `problem`: why the token was refused; `null`: no token was sent. */
export function sendLoginPage(
  response: PlatformResponse,
  base: string,
  problem: 'wrong' | LoginRateLimitException | null,
): void {
  const refused = problem instanceof LoginRateLimitException ? problem : null;
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PLAIN_POLICY,
    ...(refused
      ? { 'retry-after': String(refused.retryAfterS) }
      : { 'www-authenticate': 'Bearer realm="llm-telemetry"' }),
  };
  const sentence = refused?.message ?? (problem === 'wrong' ? 'Wrong token.' : null);
  send(response, refused ? 429 : 401, headers, loginPage(base, sentence));
}

function tokenIn(body: unknown): string {
  const token = typeof body === 'object' && body !== null ? (body as { token?: unknown }).token : undefined;
  return typeof token === 'string' ? token : '';
}

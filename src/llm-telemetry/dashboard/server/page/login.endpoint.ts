import { Injectable, NotFoundException } from '@nestjs/common';
import { Sessions } from '../access/sessions.js';
import { LoginRateLimitException } from '../access/login-rate-limit.js';
import { send } from '../http/send.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { sendPlainPage } from './plain-pages.js';

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
  const sentence = refused?.message ?? (problem === 'wrong' ? 'Wrong token.' : null);
  sendPlainPage(
    response,
    refused ? 429 : 401,
    { title: 'Sign in', main: loginForm(base, sentence) },
    refused
      ? { 'retry-after': String(refused.retryAfterS) }
      : { 'www-authenticate': 'Bearer realm="llm-telemetry"' },
  );
}

/** `base`: relative URL of the dashboard. `problem`: why the token was refused. */
function loginForm(base: string, problem: string | null): string {
  return `      <h1>LLM telemetry</h1>
      <p>Enter the token of this dashboard.</p>
      <form method="post" action="${base}login">
        <input type="text" autocomplete="username" value="LLM telemetry" hidden>
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required autofocus${
          problem ? ' aria-invalid="true" aria-describedby="wrong"' : ''
        }>
        ${problem ? `<p id="wrong" role="alert">${problem}</p>` : ''}
        <button>Sign in</button>
      </form>`;
}

function tokenIn(body: unknown): string {
  const token = typeof body === 'object' && body !== null ? (body as { token?: unknown }).token : undefined;
  return typeof token === 'string' ? token : '';
}

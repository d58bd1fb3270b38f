import { Controller, NotFoundException, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import { ApplicationGuards } from '../access/application.guards.js';
import { SameOriginGuard } from '../access/same-origin.guard.js';
import { Sessions } from '../access/sessions.js';
import { TooManyTokensException } from '../access/wrong-tokens.js';
import { answer, PRIVATE_HEADERS } from '../http/answer.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { answerLogin } from './login.filter.js';

/** Takes the token from the form. */
@Controller()
@UseGuards(SameOriginGuard, ApplicationGuards)
@UseFilters(ProblemFilter)
export class LoginController {
  constructor(private readonly sessions: Sessions) {}

  @Post('login')
  login(@Req() request: PlatformRequest, @Res() response: PlatformResponse): void {
    if (!this.sessions.required) throw new NotFoundException('There is no token to be shown here.');
    // Relative to `…/login`: the dashboard, wherever a proxy has put it.
    const base = './';
    try {
      if (!this.sessions.open(tokenIn(request.body), request, response))
        return answerLogin(response, base, 'wrong');
    } catch (error) {
      if (error instanceof TooManyTokensException) return answerLogin(response, base, error);
      throw error;
    }
    answer(response, 303, { ...PRIVATE_HEADERS, location: base }, '');
  }
}

function tokenIn(body: unknown): string {
  const token = typeof body === 'object' && body !== null ? (body as { token?: unknown }).token : undefined;
  return typeof token === 'string' ? token : '';
}

import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { TooManyTokensException } from '../access/wrong-tokens.js';
import { StoreQueryError, StoreUnavailableError } from '../../store/call-store.js';
import type { Problem } from '../api/problem.js';
import { answerJson } from './answer.js';
import type { PlatformResponse } from './platform.js';

/**
 * Says what is wrong with a request, whatever filters the application has. Only errors that are meant for the one who
 * asks are told in their own words.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('LlmDashboard');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<PlatformResponse>();
    const problem = problemOf(error);
    if (problem.statusCode === 500) {
      // Its message may hold anything.
      this.logger.error(
        `A request could not be answered (${error instanceof Error ? error.name : typeof error}).`,
      );
    }
    if (problem.statusCode === 503) response.header('retry-after', String(RETRY_AFTER_S));
    if (error instanceof TooManyTokensException) response.header('retry-after', String(error.retryAfterS));
    answerJson(response, problem, problem.statusCode);
  }
}

/** What a client had better wait for where there are too many of them, or the store is away. */
export const RETRY_AFTER_S = 10;

function problemOf(error: unknown): Problem {
  if (error instanceof StoreQueryError) return problem(400, error.message);
  if (error instanceof StoreUnavailableError) return problem(503, error.message);
  if (error instanceof HttpException) return problem(error.getStatus(), error.message);
  return problem(500, 'This could not be answered.');
}

function problem(statusCode: number, message: string): Problem {
  return { statusCode, message, error: STATUS_CODES[statusCode] };
}

import { STATUS_CODES } from 'node:http';
import {
  Catch,
  HttpException,
  Inject,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { LocalOnlyException } from '../access/local-only.guard.js';
import { hasPassedGlobalGuards } from '../access/same-origin.guard.js';
import { TokenRequiredException } from '../access/token.guard.js';
import { redactTokenInSpans } from '../access/token-in-address.js';
import { LoginRateLimitException } from '../access/login-rate-limit.js';
import { StoreQueryError, StoreUnavailableError } from '../../../store/call-store.js';
import type { Problem } from '../../api/problem.js';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import { sendLoginPage } from '../page/login.endpoint.js';
import { sendLocalOnlyPage, sendProblemPage } from '../page/plain-pages.js';
import { baseOf, isApiPath, subPathOf, wildcardOf } from '../page/page-path.js';
import { sendJson } from '../http/send.js';
import { headerOf, type PlatformRequest, type PlatformResponse } from '../http/platform.js';

/** `Retry-After` of 503 responses, in seconds: too many clients, or the store is not available. */
export const RETRY_AFTER_S = 10;

/**
 * Responds to errors, independent of the filters of the application: as JSON for the API, as a page for a browser. Only
 * messages that are meant for the client are sent.
 */
@Catch()
export class DashboardFilter implements ExceptionFilter {
  private readonly logger = new Logger('LlmDashboard');
  private hasLoggedRefusal = false;

  constructor(@Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<PlatformRequest>();
    const response = http.getResponse<PlatformResponse>();
    // A request that a global guard refused has not reached the guards of the dashboard.
    redactTokenInSpans(request);
    const byGlobalGuard = error instanceof HttpException && !hasPassedGlobalGuards(request);
    const problem = byGlobalGuard ? this.refusedByGlobalGuard(error) : problemOf(error);
    if (problem.statusCode === 500) {
      // Its message may contain sensitive data.
      this.logger.error(
        `Dashboard: a request failed with ${error instanceof Error ? error.name : typeof error}.`,
      );
    }
    const isPage = wantsPage(request);
    if (isPage && (error instanceof TokenRequiredException || error instanceof LoginRateLimitException)) {
      const base = baseOf(request, subPathOf(request) ?? '', this.settings.path ?? '');
      return sendLoginPage(response, base, error instanceof LoginRateLimitException ? error : null);
    }
    if (problem.statusCode === 503) response.header('retry-after', String(RETRY_AFTER_S));
    if (error instanceof LoginRateLimitException) response.header('retry-after', String(error.retryAfterS));
    if (isPage && accepts(request, 'text/html')) {
      return error instanceof LocalOnlyException
        ? sendLocalOnlyPage(response, error)
        : sendProblemPage(response, problem);
    }
    sendJson(response, problem, problem.statusCode);
  }

  /** Replaces the error of a global guard, whose message does not explain how to configure the dashboard. */
  private refusedByGlobalGuard(error: HttpException): Problem {
    const statusCode = error.getStatus();
    if (!this.hasLoggedRefusal && statusCode !== 429) {
      this.hasLoggedRefusal = true;
      this.logger.warn(
        `Dashboard: a global guard of this application refused a request with ${statusCode}. ${REMEDY}`,
      );
    }
    return problem(
      statusCode,
      `A global guard of this application refused this request. The option dashboard.publicMetadataKey lets the ` +
        `dashboard pass guards that honor @Public() (docs/dashboard.md).`,
    );
  }
}

/** Explains how the dashboard passes global guards. */
export const REMEDY =
  'Set dashboard.publicMetadataKey to the metadata key of your @Public() decorator, such as "isPublic", and protect ' +
  'the dashboard with dashboard.token or dashboard.guards.';

function wantsPage(request: PlatformRequest): boolean {
  return request.method !== 'POST' && !isApiPath(wildcardOf(request));
}

function accepts(request: PlatformRequest, type: string): boolean {
  return (headerOf(request, 'accept') ?? '').includes(type);
}

function problemOf(error: unknown): Problem {
  if (error instanceof StoreQueryError) return problem(400, error.message);
  if (error instanceof StoreUnavailableError) return problem(503, error.message);
  if (error instanceof HttpException) return problem(error.getStatus(), error.message);
  return problem(500, 'Internal error. The application log has the type of the error.');
}

function problem(statusCode: number, message: string): Problem {
  return { statusCode, message, error: STATUS_CODES[statusCode] };
}

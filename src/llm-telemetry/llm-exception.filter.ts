import {
  Catch,
  HttpException,
  HttpStatus,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { errorClassOf, type LlmErrorType } from './call/error-type.js';
import { failureOf } from './call/failure-of-error.js';

/** Options of `LlmExceptionFilter`. @publicApi */
export interface LlmExceptionFilterOptions {
  /** What the client is told, e.g. `Summary service unavailable`. */
  readonly message: string;
}

/**
 * Answers for errors of model calls: a timeout is a 504, a budget that is used up a 429, everything else a 503, with
 * `Retry-After` where the provider asked for a wait, or until the budget's next period. Nest's own `HttpException`s pass unchanged. The body is `{ statusCode, message, errorType }`: never
 * the provider's text, which can quote the prompt.
 *
 * ```ts
 * @UseFilters(new LlmExceptionFilter({ message: 'Summary service unavailable' }))
 * ```
 *
 * @publicApi
 */
@Catch()
export class LlmExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(LlmExceptionFilter.name);

  constructor(private readonly options: LlmExceptionFilterOptions) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    // Other transports have formats of their own for errors.
    if (host.getType() !== 'http') throw exception;
    const response = host.switchToHttp().getResponse<HttpResponse>();
    if (exception instanceof HttpException) {
      const body = exception.getResponse();
      reply(
        response,
        exception.getStatus(),
        typeof body === 'string' ? { statusCode: exception.getStatus(), message: body } : body,
      );
      return;
    }
    const { type, retryAfterMs } = failureOf(exception);
    if (type === 'unknown') this.logUnknown(exception);
    if (retryAfterMs !== null) setHeader(response, 'Retry-After', String(Math.ceil(retryAfterMs / 1000)));
    const statusCode = statusOf(type);
    reply(response, statusCode, { statusCode, message: this.options.message, errorType: type });
  }

  /** An error that is none of a model's is likely to be a fault in the code: where it was thrown, without its text. */
  private logUnknown(exception: unknown): void {
    const stack = exception instanceof Error ? (exception.stack ?? '') : '';
    const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
    this.logger.error(
      `${errorClassOf(exception)} (its message is not logged: it may hold content)`,
      frames.join('\n'),
    );
  }
}

function statusOf(type: LlmErrorType): number {
  if (type === 'budget_exceeded') return HttpStatus.TOO_MANY_REQUESTS;
  return type === 'timeout' ? HttpStatus.GATEWAY_TIMEOUT : HttpStatus.SERVICE_UNAVAILABLE;
}

/** What Fastify's reply and Express' response have in common, and in what they differ. */
interface HttpResponse {
  status(code: number): { send?(body: unknown): unknown; json?(body: unknown): unknown };
  header?(name: string, value: string): unknown;
  setHeader?(name: string, value: string): unknown;
  headersSent?: boolean;
  sent?: boolean;
  raw?: { headersSent: boolean; destroy(): void };
  destroy?(): void;
}

function setHeader(response: HttpResponse, name: string, value: string): void {
  if (headersSent(response)) return;
  if (response.header) response.header(name, value);
  else response.setHeader?.(name, value);
}

function reply(response: HttpResponse, statusCode: number, body: object): void {
  if (headersSent(response)) {
    // Too late to say anything: a connection that breaks off is the only sign of an incomplete body.
    if (response.raw) response.raw.destroy();
    else response.destroy?.();
    return;
  }
  const answer = response.status(statusCode);
  if (answer.json) answer.json(body);
  else answer.send?.(body);
}

function headersSent(response: HttpResponse): boolean {
  return response.raw ? response.raw.headersSent : response.headersSent === true;
}

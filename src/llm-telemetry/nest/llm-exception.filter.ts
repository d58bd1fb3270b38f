import {
  Catch,
  HttpException,
  HttpStatus,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { errorClassOf, type LlmErrorType } from '../calls/error-type.js';
import { modelFailureOf } from '../calls/failure-of-error.js';

/** Options of `LlmExceptionFilter`. @publicApi */
export interface LlmExceptionFilterOptions {
  /** The `message` of the response, e.g. `Summary service unavailable`. */
  readonly message: string;
}

/**
 * Matches errors of model calls: Nest evaluates `error instanceof` for each class in `@Catch()`. All other errors go to
 * the application's other filters, then to Nest's.
 */
class ModelFailure {
  static [Symbol.hasInstance](error: unknown): boolean {
    return !(error instanceof HttpException) && modelFailureOf(error) !== null;
  }
}

/**
 * Responds to errors of model calls: 504 for a timeout, 429 for `LlmBudgetExceededError`, 503 for all others.
 * `Retry-After` is set if the provider sent one, or to the start of the budget's next period. The body is
 * `{ statusCode, message, errorType }`. It never contains the provider's text, which can quote the prompt.
 *
 * Errors of model calls are: errors of the SDKs, errors of model requests, errors that a call ended with because of its
 * model or response, and errors with one of these as `cause`. All other errors pass: Nest's `HttpException`s,
 * programming errors, and errors of other code that have a status (such as Fastify's 413).
 *
 * @example
 * ```ts
 * @UseFilters(new LlmExceptionFilter({ message: 'Summary service unavailable' }))
 * ```
 *
 * @publicApi
 */
@Catch(ModelFailure)
export class LlmExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(LlmExceptionFilter.name);

  constructor(private readonly options: LlmExceptionFilterOptions) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const known = exception instanceof HttpException ? null : modelFailureOf(exception);
    // Other transports have their own error formats; a subclass may catch more than this class.
    if (known === null || host.getType() !== 'http') throw exception;
    const response = host.switchToHttp().getResponse<HttpResponse>();
    const { type, retryAfterMs } = known;
    if (type === 'unknown') this.logUnknown(exception);
    if (retryAfterMs !== null) setHeader(response, 'Retry-After', String(Math.ceil(retryAfterMs / 1000)));
    const statusCode = statusOf(type);
    reply(response, statusCode, { statusCode, message: this.options.message, errorType: type });
  }

  /** Logs where an error without a known type was thrown, without its text. */
  private logUnknown(exception: unknown): void {
    const stack = exception instanceof Error ? (exception.stack ?? '') : '';
    const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
    this.logger.error(
      `Model call failed with ${errorClassOf(exception)}. The message is not logged because it may contain content.`,
      frames.join('\n'),
    );
  }
}

function statusOf(type: LlmErrorType): number {
  if (type === 'budget_exceeded') return HttpStatus.TOO_MANY_REQUESTS;
  return type === 'timeout' ? HttpStatus.GATEWAY_TIMEOUT : HttpStatus.SERVICE_UNAVAILABLE;
}

/** The parts of Fastify's reply and Express' response that are used. */
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
    // The status is sent: closing the connection is the only way to signal an incomplete body.
    if (response.raw) response.raw.destroy();
    else response.destroy?.();
    return;
  }
  const sender = response.status(statusCode);
  if (sender.json) sender.json(body);
  else sender.send?.(body);
}

function headersSent(response: HttpResponse): boolean {
  return response.raw ? response.raw.headersSent : response.headersSent === true;
}

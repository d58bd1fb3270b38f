import { hasErrorCode } from '../runtime/error-class.js';

/**
 * Thrown when the application starts with invalid options of `LlmTelemetryModule`. Lists all problems that were found.
 * Secrets (the dashboard's token, the webhook's URL and headers) are never part of the message.
 *
 * @example
 * ```ts
 * try {
 *   await NestFactory.create(AppModule, { abortOnError: false });
 * } catch (error) {
 *   if (error instanceof LlmTelemetryOptionsError) console.error(error.problems);
 * }
 * ```
 *
 * @publicApi
 */
export class LlmTelemetryOptionsError extends TypeError {
  /** Also matches errors of other copies of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasErrorCode(this, LlmTelemetryOptionsError, 'LLM_TELEMETRY_INVALID_OPTION', value);
  }

  override readonly name = 'LlmTelemetryOptionsError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_INVALID_OPTION';

  constructor(
    /** One sentence for each problem, such as `budgets[0].usd must be a positive number, received the string "1".` */
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(messageOf(problems), options);
  }
}

function messageOf(problems: readonly string[]): string {
  const [only = ''] = problems;
  if (problems.length < 2) return `LlmTelemetryModule: ${only}`;
  return `LlmTelemetryModule: ${problems.length} invalid options:\n${problems.map((problem) => `- ${problem}`).join('\n')}`;
}

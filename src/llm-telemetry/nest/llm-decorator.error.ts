import { hasErrorCode } from '../runtime/error-class.js';

/**
 * Thrown when a decorator of this library has invalid options or an unsupported target. The message names the class and
 * method, the received value and the expectation.
 *
 * @publicApi
 */
export class LlmDecoratorError extends TypeError {
  /** Also matches errors of other copies of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasErrorCode(this, LlmDecoratorError, 'LLM_TELEMETRY_INVALID_DECORATOR', value);
  }

  override readonly name = 'LlmDecoratorError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_INVALID_DECORATOR';
}

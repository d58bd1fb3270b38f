import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { describeType } from '../validation/message-text.js';
import { LlmTelemetryOptionsError } from '../validation/options-error.js';

/**
 * Validates the options of an application and returns the same object.
 *
 * @throws LlmTelemetryOptionsError that lists all problems.
 */
export async function validateOptions(options: unknown): Promise<LlmTelemetryOptions> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new LlmTelemetryOptionsError([
      `the options factory must return an object, received ${describeType(options)}. Return {} for the defaults.`,
    ]);
  }
  // The schemas and their library are loaded here, so that importing this library does not load them.
  const { problemsInOptions } = await import('./llm-telemetry.schema.js');
  const problems = problemsInOptions(options);
  if (problems.length > 0) throw new LlmTelemetryOptionsError(problems);
  return options;
}

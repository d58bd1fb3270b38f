import type { ProviderError } from '../answer.js';
import { asObject, asString } from '../json/json-value.js';

/**
 * Reads code and type of a provider's error object, `{ message, type, code, … }`. The message is only searched for
 * conditions that Anthropic reports as text, and not retained, because it can quote the prompt.
 */
export function readProviderError(value: unknown): ProviderError {
  const error = asObject(value);
  return {
    code: asString(error?.['code']),
    type: asString(error?.['type']),
    hint: hintIn(asString(error?.['message']) ?? ''),
  };
}

/** Recognizes conditions without a specific code or type. Source: error messages of the Anthropic API. */
export function hintIn(message: string): ProviderError['hint'] {
  if (/prompt is too long/i.test(message)) return 'context_window_exceeded';
  if (/credit balance is too low/i.test(message)) return 'quota_exhausted';
  if (/output blocked by content filtering policy/i.test(message)) return 'content_filter';
  return null;
}

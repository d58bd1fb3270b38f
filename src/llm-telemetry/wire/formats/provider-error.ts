import type { ProviderError } from '../answer.js';
import { asObject, asString } from '../json-value.js';

/**
 * The code and type of a provider's error object, `{ message, type, code, … }`. The message is looked at, for the two
 * conditions that Anthropic tells only by text, and not kept: it can quote the prompt.
 */
export function readProviderError(value: unknown): ProviderError {
  const error = asObject(value);
  return {
    code: asString(error?.['code']),
    type: asString(error?.['type']),
    hint: hintIn(asString(error?.['message']) ?? ''),
  };
}

export function hintIn(message: string): ProviderError['hint'] {
  if (/prompt is too long/i.test(message)) return 'context_window_exceeded';
  if (/credit balance is too low/i.test(message)) return 'quota_exhausted';
  return null;
}

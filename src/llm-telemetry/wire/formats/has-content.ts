import { asArray, asObject, type JsonObject } from '../json/json-value.js';

/**
 * Returns whether a member outside `envelope` is a non-empty string, list or object. Unknown members count as content,
 * because dialects add members and a response must not be reported as empty by mistake.
 */
export function hasContent(object: JsonObject, envelope: ReadonlySet<string>): boolean {
  for (const key in object) if (!envelope.has(key) && isNonEmpty(object[key])) return true;
  return false;
}

/** Returns whether a value is a non-empty string, list or object. */
export function isNonEmpty(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** Returns whether a completion, or a chunk of one, has content. */
export function choicesHaveContent(body: JsonObject): boolean {
  for (const item of asArray(body['choices'])) {
    const choice = asObject(item);
    if (!choice) continue;
    const message = asObject(choice['message']) ?? asObject(choice['delta']);
    // Checked first: nearly all content is here.
    if (message && isNonEmpty(message['content'])) return true;
    if (message && hasContent(message, MESSAGE_ENVELOPE)) return true;
    if (hasContent(choice, CHOICE_ENVELOPE)) return true;
  }
  return hasContent(body, COMPLETION_ENVELOPE);
}

const MESSAGE_ENVELOPE = new Set(['role', 'id', 'name', 'type', 'annotations', 'provider_specific_fields']);

/** Includes members added by OpenRouter, Azure, vLLM and SGLang. */
const CHOICE_ENVELOPE = new Set([
  'message',
  'delta',
  'index',
  'logprobs',
  'finish_reason',
  'finish_details',
  'stop_reason',
  'native_finish_reason',
  'matched_stop',
  'content_filter_results',
]);

const COMPLETION_ENVELOPE = new Set([
  'choices',
  'id',
  'object',
  'created',
  'model',
  'usage',
  'error',
  'service_tier',
  'system_fingerprint',
  'provider',
  'x_groq',
  'prompt_filter_results',
  'prompt_annotations',
  'obfuscation',
]);

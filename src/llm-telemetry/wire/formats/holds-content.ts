import { asArray, asObject, type JsonObject } from '../json/json-value.js';

/**
 * Returns whether a member outside `envelope` is a non-empty string, list or object. Unknown members count as content,
 * because dialects add members and a response must not be reported as empty by mistake.
 */
export function holdsContent(object: JsonObject, envelope: ReadonlySet<string>): boolean {
  for (const key in object) if (!envelope.has(key) && holdsAnything(object[key])) return true;
  return false;
}

/** Returns whether a value is a non-empty string, list or object. */
export function holdsAnything(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** Returns whether a completion, or a chunk of one, has content. */
export function choicesHoldContent(body: JsonObject): boolean {
  for (const item of asArray(body['choices'])) {
    const choice = asObject(item);
    if (!choice) continue;
    const message = asObject(choice['message']) ?? asObject(choice['delta']);
    // Checked first: nearly all content is here.
    if (message && holdsAnything(message['content'])) return true;
    if (message && holdsContent(message, OF_MESSAGE)) return true;
    if (holdsContent(choice, OF_CHOICE)) return true;
  }
  return holdsContent(body, OF_COMPLETION);
}

const OF_MESSAGE = new Set(['role', 'id', 'name', 'type', 'annotations', 'provider_specific_fields']);

/** Includes members added by OpenRouter, Azure, vLLM and SGLang. */
const OF_CHOICE = new Set([
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

const OF_COMPLETION = new Set([
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

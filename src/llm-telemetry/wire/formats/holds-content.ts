import { asArray, asObject, type JsonObject } from '../json/json-value.js';

/**
 * Whether a member besides those of `envelope` holds a text, a list or an object that is not empty. Unknown members count:
 * a dialect may have its content there, and an answer is only called empty if it is.
 */
export function holdsContent(object: JsonObject, envelope: ReadonlySet<string>): boolean {
  for (const key in object) if (!envelope.has(key) && holdsAnything(object[key])) return true;
  return false;
}

/** Numbers and flags are no content. */
export function holdsAnything(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** Whether the choices of a completion, or of a chunk of one, hold content. */
export function choicesHoldContent(body: JsonObject): boolean {
  for (const item of asArray(body['choices'])) {
    const choice = asObject(item);
    if (!choice) continue;
    const message = asObject(choice['message']) ?? asObject(choice['delta']);
    // Nearly always it is here, and the rest need not be looked through.
    if (message && holdsAnything(message['content'])) return true;
    if (message && holdsContent(message, OF_MESSAGE)) return true;
    if (holdsContent(choice, OF_CHOICE)) return true;
  }
  return holdsContent(body, OF_COMPLETION);
}

const OF_MESSAGE = new Set(['role', 'id', 'name', 'type', 'annotations', 'provider_specific_fields']);

/** With what OpenRouter, Azure, vLLM and SGLang add. */
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

import { asArray, asCount, asObject, type JsonObject } from '../json/json-value.js';
import { type ResponseDraft, emptyUsage, type UsageDraft } from '../response-draft.js';
import { USAGE_PART_NAMES } from '../usage.js';

/** Parts of responses that several formats share. */

/** OpenAI's headers of remaining limits. Source: OpenAI API documentation, “Rate limits”, “Rate limits in headers”. */
export const OPENAI_RATE_LIMIT_HEADERS = ['x-ratelimit-remaining-requests', 'x-ratelimit-remaining-tokens'];

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

/** Counts a piece of generated content in a stream. @param bytes - of UTF-8 text */
export function addOutput(bytes: number, response: ResponseDraft): void {
  if (bytes === 0) return;
  response.hasContent = true;
  response.outputChunks++;
  response.outputBytes += bytes;
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
  'usage',
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

/**
 * Reads the usage of an image model. Source: types of openai 7, `ImagesResponse.Usage` and, for images generated in a
 * response, `Response.ToolUsage.ImageGen`.
 */
export function imageUsage(usage: JsonObject): UsageDraft {
  const input = asObject(usage['input_tokens_details']);
  const output = asObject(usage['output_tokens_details']);
  const cachedImages = asCount(asObject(usage['cached_tokens_details'])?.['cached_image_tokens']) ?? 0;
  const outputTokens = asCount(usage['output_tokens']);
  return {
    ...emptyUsage(),
    inputTokens: asCount(usage['input_tokens']),
    cachedInputTokens: asCount(usage['cached_tokens']) ?? 0,
    imageInputTokens: (asCount(input?.['image_tokens']) ?? 0) - cachedImages,
    outputTokens,
    totalTokens: asCount(usage['total_tokens']),
    // Without a breakdown, all output is image tokens.
    imageOutputTokens: asCount(output?.['image_tokens']) ?? outputTokens ?? 0,
  };
}

/**
 * Adds the usage of another model that contributed to a response. It is part of the total and priced by its own model.
 */
export function addModelUsage(model: string, work: UsageDraft, response: ResponseDraft): void {
  if (!work.inputTokens && !work.outputTokens) return;
  const own = { ...response.usage };
  response.iterations = [
    { model: null, usage: own },
    { model, usage: work },
  ];
  const { usage } = response;
  for (const part of USAGE_PART_NAMES) usage[part] = (own[part] ?? 0) + (work[part] ?? 0);
  const { totalTokens } = own;
  usage.totalTokens =
    totalTokens === null
      ? null
      : totalTokens + (work.totalTokens ?? (work.inputTokens ?? 0) + (work.outputTokens ?? 0));
}

import { emptyUsage, type UsageDraft } from '../answer.js';
import { asCount, asObject, type JsonObject } from '../json/json-value.js';

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
    // Without a breakdown, all output is image tokens.
    imageOutputTokens: asCount(output?.['image_tokens']) ?? outputTokens ?? 0,
  };
}

import { asCount, asObject, type JsonObject } from '../json/json-value.js';
import type { UsageDraft } from '../response-draft.js';

/**
 * Reads Cohere's `usage` (v2 chat) or `meta` (other APIs). Billed units are what Cohere charges; `tokens` also counts
 * its own preamble, and `cached_tokens` is a part of `tokens`. Billed units take precedence, as the OpenTelemetry
 * conventions require for `gen_ai.client.token.usage`.
 *
 * Source: types of cohere-ai 8.1 (`Usage`, `ApiMeta`); https://docs.cohere.com/v2/docs/how-does-cohere-pricing-work.
 */
export function readCohereUsage(usage: JsonObject | null, draft: UsageDraft): void {
  const billed = asObject(usage?.['billed_units']);
  const tokens = asObject(usage?.['tokens']);
  if (!billed && !tokens) return;
  const images = asCount(billed?.['image_tokens']);
  const input = asCount(billed?.['input_tokens']);
  const isBilled = input !== null || images !== null;
  draft.inputTokens = isBilled ? (input ?? 0) + (images ?? 0) : asCount(tokens?.['input_tokens']);
  draft.imageInputTokens = images ?? 0;
  draft.outputTokens = asCount(billed?.['output_tokens']) ?? asCount(tokens?.['output_tokens']);
  if (!isBilled) draft.cachedInputTokens = asCount(usage?.['cached_tokens']) ?? 0;
  draft.searchUnits = asCount(billed?.['search_units']) ?? 0;
  // Older models are billed by image.
  const imageCount = asCount(billed?.['images']) ?? 0;
  if (images === null && imageCount > 0) draft.toolUses = { images: imageCount };
}

import { asCount, asNumber, asObject, asString, asUsd, type JsonObject } from '../json/json-value.js';
import type { ResponseDraft } from '../response-draft.js';

/**
 * Reads usage of the Vercel AI Gateway: of language models (version 3 and later as objects, before as numbers), of images
 * and speech (numbers), and of embeddings (`tokens`). Source: types of @ai-sdk/provider 4 (`LanguageModelV4Usage`,
 * `LanguageModelV2Usage`), source of @ai-sdk/gateway 4.
 */
export function readGatewayUsage(usage: JsonObject | null, { usage: draft }: ResponseDraft): void {
  if (!usage) return;
  const tokens = asCount(usage['tokens']);
  if (tokens !== null) {
    draft.inputTokens = tokens;
    draft.outputTokens = 0;
    return;
  }
  const input = asObject(usage['inputTokens']);
  const output = asObject(usage['outputTokens']);
  draft.inputTokens = asCount(input?.['total']) ?? asCount(usage['inputTokens']);
  draft.outputTokens = asCount(output?.['total']) ?? asCount(usage['outputTokens']);
  draft.cachedInputTokens = asCount(input?.['cacheRead']) ?? asCount(usage['cachedInputTokens']) ?? 0;
  draft.cacheWriteTokens5m = asCount(input?.['cacheWrite']) ?? 0;
  draft.reasoningTokens = asCount(output?.['reasoning']) ?? asCount(usage['reasoningTokens']) ?? 0;
}

/**
 * Reads the gateway's metadata: the id of the generation, and its cost, which is a number in a text. Source:
 * https://vercel.com/docs/ai-gateway; https://github.com/braintrustdata/braintrust-sdk-javascript/pull/1166.
 */
export function readGatewayMetadata(metadata: unknown, response: ResponseDraft): void {
  const gateway = asObject(asObject(metadata)?.['gateway']);
  if (!gateway) return;
  response.id ??= asString(gateway['generationId']);
  const { cost } = gateway;
  const usd = typeof cost === 'string' && DECIMAL.test(cost) ? Number(cost) : asNumber(cost);
  response.usage.providerCostUsd = asUsd(usd) ?? response.usage.providerCostUsd;
}

const DECIMAL = /^\d+(?:\.\d+)?(?:e-?\d{1,2})?$/i;

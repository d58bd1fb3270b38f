import { readProviderError } from '../dialects/error-body.js';
import { geminiEmbeddings } from '../formats/gemini-embeddings.js';
import { gemini } from '../formats/gemini.js';
import { asArray, asCount, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { BatchApi, ItemResult } from './batch-api.js';

/**
 * Batches of the Gemini API. Results are in the batch itself or in a file of JSON lines. (Batches of Vertex AI read and
 * write Cloud Storage or BigQuery.)
 *
 * Sources: types of @google/genai 3 (`BatchJob`, `InlinedResponse`, `InlinedEmbedContentResponse`); Gemini API
 * documentation, “Batch API”.
 */
export const geminiBatches: BatchApi = {
  readBatch(body) {
    const id = asString(body['name']);
    if (id === null || !id.startsWith('batches/')) return null;
    const metadata = asObject(body['metadata']);
    // Long-running operations repeat the output in `response`.
    const output = asObject(metadata?.['output']) ?? asObject(body['response']) ?? {};
    const model = modelOf(metadata?.['model']);
    const file = asString(output['responsesFile']);
    return {
      id,
      format: gemini,
      resultIds: file === null ? [] : [file],
      sum: null,
      items: inlinedItems(output, model),
    };
  },
  readItem(line) {
    const id = asString(line['key']);
    return id === null ? null : itemOf(id, line, null);
  },
};

function inlinedItems(output: JsonObject, model: string | null): readonly ItemResult[] | null {
  const inlined =
    asObject(output['inlinedResponses']) ?? asObject(output['inlinedEmbedContentResponses']) ?? {};
  const items: ItemResult[] = [];
  for (const [index, entry] of asArray(inlined['inlinedResponses']).entries()) {
    const result = asObject(entry);
    const key = asString(asObject(result?.['metadata'])?.['key']);
    const item = result && itemOf(key ?? String(index), result, model);
    if (item) items.push(item);
  }
  return items.length === 0 ? null : items;
}

function itemOf(id: string, result: JsonObject, model: string | null): ItemResult | null {
  const response = asObject(result['response']);
  const error = asObject(result['error']);
  if (!response && !error) return null;
  const isEmbedding = response !== null && 'embedding' in response;
  return {
    id,
    format: isEmbedding ? geminiEmbeddings : gemini,
    model,
    status: 200,
    requestId: null,
    body: isEmbedding ? withUsage(response) : response,
    error: response === null ? readProviderError(error) : null,
  };
}

/** A batch counts the tokens of an embedding in `tokenCount`. */
function withUsage(response: JsonObject): JsonObject {
  const tokens = asCount(Number(response['tokenCount'] ?? Number.NaN));
  return tokens === null ? response : { ...response, usageMetadata: { promptTokenCount: tokens } };
}

function modelOf(name: unknown): string | null {
  return asString(name)?.replace(/^models\//, '') ?? null;
}

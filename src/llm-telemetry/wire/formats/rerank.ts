import { PlainTextContent } from '../content/plain-text.content.js';
import type { HeaderGetter } from '../headers.js';
import { asCount, asObject, asString, asUsd, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import type { ResponseDraft } from '../response-draft.js';
import { COHERE_RATE_LIMIT_HEADERS } from './cohere-chat.js';
import { atPaths, type BuiltInFormat } from './format.js';
import { readProviderError } from '../dialects/error-body.js';
import { isNonEmpty, OPENAI_RATE_LIMIT_HEADERS } from './response-parts.js';

/**
 * Rerank: Cohere's API (versions 1 and 2) and its relatives: Jina, Voyage, OpenRouter, vLLM, text-embeddings-inference and
 * Alibaba Cloud (`/compatible-api/v1/reranks`).
 * Cohere bills search units, the others tokens.
 *
 * Sources: types of cohere-ai 8.1 (`RerankResponse`) and voyageai 0.4 (`RerankResponse`);
 * https://api.jina.ai/redoc#tag/rerank; https://openrouter.ai/docs/api/api-reference/rerank;
 * https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#re-rank-api;
 * https://huggingface.github.io/text-embeddings-inference (a list of `{ index, score }`, tokens in headers).
 */
export const rerank: BuiltInFormat = {
  operation: 'rerank',
  provider: 'cohere',
  rateLimitHeaders: [...COHERE_RATE_LIMIT_HEADERS, ...OPENAI_RATE_LIMIT_HEADERS],
  ...atPaths('/rerank', '/v1/reranks'),
  accepts: (keys) => keys.has('query') && (keys.has('documents') || keys.has('texts')),
  requestKeys: new Set(['model']),
  content: (limit) => new PlainTextContent({ input: 'query', output: null }, limit),
  readRequest: (body) => ({ model: asString(body['model']), stream: false }),
  inputBytes,
  readHeaders: (headers: HeaderGetter, { usage }) => {
    usage.inputTokens = asCount(Number(headers.get('x-compute-tokens') ?? Number.NaN));
  },
  readResponse,
  // Rankings are never streamed.
  readEvent: () => {},
};

/** The model reads the query once for each document. */
function inputBytes(body: JsonObject): number | null {
  const documents = body['documents'] ?? body['texts'];
  if (!Array.isArray(documents)) return null;
  return textBytes(documents) + documents.length * textBytes(body['query']);
}

function readResponse(body: JsonObject, response: ResponseDraft): void {
  const ranking = body['results'] ?? body['data'];
  // An element of the list that text-embeddings-inference returns.
  const isElement = typeof body['index'] === 'number';
  if (!Array.isArray(ranking) && !isElement) {
    readError(body, response);
    return;
  }
  response.id ??= asString(body['id']);
  response.model ??= asString(body['model']);
  readUsage(body, response);
  response.hasContent = isElement || isNonEmpty(ranking);
  response.complete = true;
}

function readUsage(body: JsonObject, { usage: draft }: ResponseDraft): void {
  const usage = asObject(body['usage']);
  const billed = asObject(asObject(body['meta'])?.['billed_units']);
  draft.searchUnits = asCount(billed?.['search_units']) ?? asCount(usage?.['search_units']) ?? 0;
  draft.inputTokens =
    asCount(usage?.['prompt_tokens']) ??
    asCount(usage?.['total_tokens']) ??
    asCount(billed?.['input_tokens']) ??
    draft.inputTokens ??
    // Tokens are not counted if searches are billed.
    (draft.searchUnits > 0 ? 0 : null);
  draft.outputTokens = 0;
  draft.providerCostUsd = asUsd(usage?.['cost']);
}

/** Errors of OpenAI's shape, of Cohere's (`message`), and of Jina and Voyage (`detail`). */
function readError(body: JsonObject, response: ResponseDraft): void {
  const message = body['message'] ?? body['detail'];
  if (body['error'])
    response.error = readProviderError(asObject(body['error']) ?? { message: body['error'] });
  else if (message !== undefined) response.error = readProviderError({ ...body, message });
}

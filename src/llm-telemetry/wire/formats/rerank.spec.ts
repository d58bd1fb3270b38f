import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { embeddings } from './embeddings.js';
import { rerank } from './rerank.js';
import { voyageEmbeddings } from './voyage.js';

function readBody(body: JsonObject): ResponseDraft {
  const response = emptyResponse();
  rerank.readResponse(body, response);
  return response;
}

const RESULTS = [{ index: 1, relevance_score: 0.999 }];

describe('rerank', () => {
  it.each([
    // https://docs.cohere.com/reference/rerank
    [
      'Cohere, by search units',
      {
        results: RESULTS,
        id: 'r1',
        meta: { api_version: { version: '2' }, billed_units: { search_units: 2 } },
      },
      { inputTokens: 0, searchUnits: 2, outputTokens: 0 },
    ],
    // https://api.jina.ai/redoc#tag/rerank
    [
      'Jina, by tokens',
      { model: 'jina-reranker-v2-base-multilingual', usage: { total_tokens: 815 }, results: RESULTS },
      { inputTokens: 815, searchUnits: 0 },
    ],
    // https://docs.voyageai.com/reference/reranker-api
    [
      'Voyage, by tokens',
      { object: 'list', data: RESULTS, model: 'rerank-2', usage: { total_tokens: 26 } },
      { inputTokens: 26, searchUnits: 0 },
    ],
    // https://openrouter.ai/docs/api/api-reference/rerank
    [
      'OpenRouter, with its cost',
      { id: 'g', model: 'cohere/rerank-v3.5', results: RESULTS, usage: { cost: 0.001, search_units: 1 } },
      { inputTokens: 0, searchUnits: 1 },
    ],
    // https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#re-rank-api
    [
      'vLLM, by tokens',
      { id: 'r', model: 'BAAI/bge-reranker-base', usage: { total_tokens: 56 }, results: RESULTS },
      { inputTokens: 56 },
    ],
  ])('reads usage of %s', (_, body, counts) => {
    const response = readBody(body);
    expect(response).toMatchObject({ complete: true, hasContent: true, error: null });
    expect(toUsage(response, true, () => null)).toMatchObject({ ...counts, source: 'provider' });
  });

  it('reads the cost that OpenRouter reports', () => {
    expect(readBody({ results: RESULTS, usage: { cost: 0.001 } }).usage.providerCostUsd).toBe(0.001);
  });

  it('reads tokens from the headers of text-embeddings-inference', () => {
    const response = emptyResponse();
    const headers = { get: (name: string) => (name === 'x-compute-tokens' ? '48' : null) };
    rerank.readHeaders!(headers, response);
    rerank.readResponse({ index: 0, score: 0.99 }, response);
    expect(response).toMatchObject({ complete: true, hasContent: true });
    expect(response.usage.inputTokens).toBe(48);
    rerank.readHeaders!(NO_HEADERS, response);
    expect(response.usage.inputTokens).toBeNull();
  });

  it('estimates tokens with the query once for each document', () => {
    const response = readBody({ results: RESULTS });
    const bytes = rerank.inputBytes({ query: 'espresso', documents: ['a cup', 'a bean'] });
    expect(bytes).toBe(27);
    expect(toUsage(response, true, () => bytes)).toMatchObject({ inputTokens: 7, source: 'estimated' });
    expect(rerank.inputBytes({ query: 'x' })).toBeNull();
  });

  it.each([
    [{ message: 'invalid api token' }],
    [{ detail: 'Provided API key is invalid.' }],
    [{ error: { message: 'no', type: 'authentication_error', code: 401 } }],
    [{ error: 'Input validation error', error_type: 'Validation' }],
  ])('reads the error %j', (body) => {
    expect(readBody(body)).toMatchObject({ complete: false, error: {} });
  });

  it('reports an unexpected shape as unknown, not as an error', () => {
    expect(readBody({ ranking: RESULTS })).toMatchObject({ complete: false, error: null, hasContent: null });
  });
});

describe('embeddings of Voyage and Jina', () => {
  // Source: https://docs.voyageai.com/reference/embeddings-api: only `total_tokens`.
  it('counts the total as input', () => {
    const response = emptyResponse();
    const data = [{ object: 'embedding', embedding: [0.1], index: 0 }];
    embeddings.readResponse(
      { object: 'list', data, model: 'voyage-3.5', usage: { total_tokens: 10 } },
      response,
    );
    expect(response.usage).toMatchObject({ inputTokens: 10, outputTokens: 0 });
  });

  it('reads the dimensions under Voyage’s name', () => {
    const body = { model: 'voyage-3.5', input: 'x', output_dimension: 256 };
    expect(embeddings.readRequest(body, '', NO_HEADERS).dimensions).toBe(256);
    expect(voyageEmbeddings.readRequest(body, '', NO_HEADERS).dimensions).toBe(256);
  });

  it('counts input text without encoded images', () => {
    const content = [
      { type: 'text', text: 'a banana' },
      { type: 'image_base64', image_base64: `data:image/png;base64,${'A'.repeat(999)}` },
    ];
    expect(voyageEmbeddings.inputBytes({ inputs: [{ content }] })).toBe(8);
  });
});

import type OpenAI from 'openai';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import type { JsonObject } from '../json/json-value.js';
import { toUsage } from '../to-usage.js';
import { embeddings } from './embeddings.js';
import { NO_HEADERS } from '../headers.js';

// Shape: types of openai 7 (`resources/embeddings`), values as in the API reference, “The embedding object”.
const RESPONSE: OpenAI.CreateEmbeddingResponse = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.0023064255, -0.009327292] }],
  model: 'text-embedding-3-small',
  usage: { prompt_tokens: 8, total_tokens: 8 },
};

function readBody(body: unknown): ResponseDraft {
  const response = emptyResponse();
  embeddings.readResponse(body as JsonObject, response);
  const skimmed = emptyResponse();
  const isSkimmed = embeddings.skimResponse!(JSON.stringify(body), skimmed);
  expect(isSkimmed ? skimmed : response).toEqual(response);
  return response;
}

describe('OpenAI Embeddings', () => {
  const MANY = Array.from({ length: 60 }, (_, index) => ({
    object: 'embedding',
    index,
    embedding: [index / 7],
  }));
  const { model, usage: USAGE } = RESPONSE;

  const embedding = Array.from({ length: 3_000 }, (_, index) => index / 7);
  const LONG = [0, 1, 2].map((index) => ({ object: 'embedding', index, embedding }));
  const ENCODED = [{ object: 'embedding', index: 0, embedding: 'AAAA'.repeat(3000) }];

  it.each<[string, object]>([
    ['vectors and then the usage', { object: 'list', data: LONG, model, usage: USAGE }],
    ['encoded vectors and then the usage', { object: 'list', data: ENCODED, model, usage: USAGE }],
    ['many vectors and then the usage', { object: 'list', data: MANY, model, usage: USAGE }],
    ['the usage and then vectors', { usage: USAGE, object: 'list', model, data: LONG }],
    ['the usage and then encoded vectors', { usage: USAGE, object: 'list', model, data: ENCODED }],
    ['the usage and then many vectors', { usage: USAGE, object: 'list', model, data: MANY }],
    ['the usage between vectors and model', { object: 'list', data: LONG, usage: USAGE, model }],
  ])('skims a response with %s', (_, body) => {
    const response = emptyResponse();
    expect(embeddings.skimResponse!(JSON.stringify(body), response)).toBe(true);
    expect(response).toEqual(readBody(RESPONSE));
  });

  it('parses a response with many vectors whose end could be that of a truncated one', () => {
    const body = { object: 'list', data: MANY, usage: USAGE, model };
    expect(embeddings.skimResponse!(JSON.stringify(body), emptyResponse())).toBe(false);
  });

  it.each([
    ['as last member', RESPONSE],
    ['as first member', { usage: RESPONSE.usage, model: RESPONSE.model, data: RESPONSE.data }],
    ['as first member, before many vectors', { usage: USAGE, model, data: MANY }],
    ['as last member, after many vectors', { model, data: MANY, usage: USAGE }],
  ])('does not skim a truncated response with usage %s', (_, body) => {
    const json = JSON.stringify(body);
    for (let length = 0; length < json.length; length++) {
      const response = emptyResponse();
      expect(embeddings.skimResponse!(json.slice(0, length), response)).toBe(false);
      expect(response).toEqual(emptyResponse());
    }
  });

  it('reads input tokens only', () => {
    const response = readBody(RESPONSE);
    expect(response).toMatchObject({
      model: 'text-embedding-3-small',
      finish: null,
      complete: true,
      error: null,
    });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 8,
      outputTokens: 0,
      clamped: false,
      source: 'provider',
    });
  });

  it('reads the total if a server sends no other count', () => {
    expect(readBody({ ...RESPONSE, usage: { total_tokens: 9 } }).usage.inputTokens).toBe(9);
  });

  it('reads the cost reported by a proxy', () => {
    const response = readBody({ ...RESPONSE, usage: { ...RESPONSE.usage, cost: 0.00002 } });
    expect(response.usage.providerCostUsd).toBe(0.00002);
  });

  it.each([undefined, null, {}, [], { prompt_tokens: 'few' }])(
    'estimates the input if the usage is %j',
    (usage) => {
      const response = readBody({ ...RESPONSE, usage });
      expect(toUsage(response, true, () => 40)).toMatchObject({
        inputTokens: 10,
        outputTokens: 0,
        source: 'estimated',
      });
    },
  );

  it('reads the error of a rejected request without usage', () => {
    const error: OpenAI.ErrorObject = {
      message: "This model's maximum context length is 8192 tokens.",
      type: 'invalid_request_error',
      param: null,
      code: 'context_length_exceeded',
    };
    expect(readBody({ error })).toMatchObject({
      error: { code: 'context_length_exceeded' },
      usage: { inputTokens: null, outputTokens: null },
      complete: false,
    });
  });

  it.each<[OpenAI.EmbeddingCreateParams['input'], number]>([
    ['Héllo', 6],
    [['Héllo', ' world'], 12],
    // Tokens instead of text.
    [[1, 2, 3], 0],
    [[[1, 2], [3]], 0],
  ])('measures the input %j as %d bytes', (input, bytes) => {
    expect(embeddings.inputBytes({ model: 'x', input })).toBe(bytes);
  });

  it('recognizes requests by their keys and reads the dimensions', () => {
    const request: OpenAI.EmbeddingCreateParams = {
      model: 'text-embedding-3-small',
      input: 'Hello',
      dimensions: 256,
    };
    expect(embeddings.accepts(new Set(Object.keys(request)), '')).toBe(true);
    expect(embeddings.accepts(new Set(['input']), '')).toBe(false);
    expect(embeddings.readRequest({ ...request }, '/v1/embeddings', NO_HEADERS)).toEqual({
      model: 'text-embedding-3-small',
      stream: false,
      dimensions: 256,
    });
  });
});

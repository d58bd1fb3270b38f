import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { BUILT_IN_FORMATS } from './built-in-formats.js';
import type { WireFormat } from './format.js';
import { geminiEmbeddings, imagen, vertexPredictEmbeddings } from './gemini-embeddings.js';

const GEMINI = 'https://generativelanguage.googleapis.com/v1beta/models';
const VERTEX =
  'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models';

function read(format: WireFormat, body: object): ResponseDraft {
  const response = emptyResponse();
  format.readResponse(body as JsonObject, response);
  return response;
}

const formatOf = (url: string): string | undefined => {
  const format = BUILT_IN_FORMATS.find(({ matches }) => matches(url));
  return format && `${format.provider} ${format.operation}`;
};

describe('Gemini embeddings', () => {
  it.each([
    [`${GEMINI}/gemini-embedding-001:embedContent`, 'gcp.gemini embeddings'],
    [`${GEMINI}/gemini-embedding-001:batchEmbedContents`, 'gcp.gemini embeddings'],
    [`${VERTEX}/gemini-embedding-2:embedContent`, 'gcp.vertex_ai embeddings'],
    [`${VERTEX}/text-embedding-005:predict`, 'gcp.vertex_ai embeddings'],
    [`${VERTEX}/text-multilingual-embedding-002:predict`, 'gcp.vertex_ai embeddings'],
    [`${VERTEX}/multimodalembedding@001:predict`, 'gcp.vertex_ai embeddings'],
    [`${VERTEX}/textembedding-gecko@003:predict`, 'gcp.vertex_ai embeddings'],
    [`${VERTEX}/imagen-4.0-generate-001:predict`, 'gcp.vertex_ai image_generation'],
    [`${GEMINI}/imagen-4.0-generate-001:predict`, 'gcp.gemini image_generation'],
    [`${VERTEX}/veo-3.0-generate-001:predict`, undefined],
    [
      'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/42:predict',
      undefined,
    ],
    [`${VERTEX}/gemini-embedding-001:countTokens`, undefined],
  ])('reads %s as %s', (url, expected) => {
    expect(formatOf(url)).toBe(expected);
  });

  it('reads model and dimensions of a request', () => {
    const url = `${GEMINI}/gemini-embedding-001:embedContent`;
    expect(geminiEmbeddings.readRequest({ outputDimensionality: 256 }, url, NO_HEADERS)).toMatchObject({
      model: 'gemini-embedding-001',
      dimensions: 256,
    });
    const predict = { parameters: { outputDimensionality: 128 } };
    const predictUrl = `${VERTEX}/text-embedding-005:predict`;
    expect(vertexPredictEmbeddings.readRequest(predict, predictUrl, NO_HEADERS)).toMatchObject({
      model: 'text-embedding-005',
      dimensions: 128,
    });
  });

  it('estimates the input of all requests of a batch', () => {
    const requests = ['hello', 'you'].map((text) => ({ model: 'models/m', content: { parts: [{ text }] } }));
    expect(geminiEmbeddings.inputBytes({ requests })).toBe(8);
    expect(vertexPredictEmbeddings.inputBytes({ instances: [{ content: 'hello' }] })).toBe(5);
  });

  // Source: types of @google/genai 3 (`EmbedContentResponse`).
  it.each([
    ['with usage', { embeddings: [{ values: [1] }], usageMetadata: { promptTokenCount: 7 } }, 7],
    ['without usage', { embedding: { values: [1] } }, null],
  ])('reads a response %s', (_, body, inputTokens) => {
    expect(read(geminiEmbeddings, body)).toMatchObject({
      hasContent: true,
      complete: true,
      usage: { inputTokens, outputTokens: 0 },
    });
  });

  it('sums the token counts of predictions', () => {
    // Source: Vertex AI documentation, “Text embeddings API”, response.
    const prediction = (count: number): object => ({
      embeddings: { values: [0.1], statistics: { truncated: false, token_count: count } },
    });
    const body = { predictions: [prediction(6), prediction(5)], metadata: { billableCharacterCount: 44 } };
    expect(read(vertexPredictEmbeddings, body).usage).toMatchObject({ inputTokens: 11, outputTokens: 0 });
  });

  it('reads an error', () => {
    const error = { code: 400, status: 'INVALID_ARGUMENT', message: 'm' };
    for (const format of [geminiEmbeddings, vertexPredictEmbeddings, imagen])
      expect(read(format, { error })).toMatchObject({ error: { type: 'INVALID_ARGUMENT' }, complete: false });
  });
});

describe('Imagen', () => {
  it('reads the number of images', () => {
    const url = `${GEMINI}/imagen-4.0-generate-001:predict`;
    const request = { instances: [{ prompt: 'a cat' }], parameters: { sampleCount: 2 } };
    expect(imagen.readRequest(request, url, NO_HEADERS)).toMatchObject({
      model: 'imagen-4.0-generate-001',
      choiceCount: 2,
      outputType: 'image',
    });
  });

  // Source: types of @google/genai 3 (`GeneratedImage`).
  it('reads a response without images as blocked if the reason is given', () => {
    expect(read(imagen, { predictions: [{ bytesBase64Encoded: 'AAAA' }] })).toMatchObject({
      hasContent: true,
      finish: null,
      usage: { inputTokens: null, outputTokens: null },
    });
    expect(read(imagen, { predictions: [{ raiFilteredReason: 'r' }] })).toMatchObject({
      hasContent: false,
      finish: 'content_filter',
    });
  });
});

import { GeminiEmbeddingsContent } from '../content/gemini.content.js';
import { readProviderError } from '../dialects/error-body.js';
import type { ResponseDraft } from '../response-draft.js';
import { asArray, asCount, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import { member } from '../json/proto-json.js';
import { textBytes } from '../json/text-bytes.js';
import { isNonEmpty } from './response-parts.js';
import { isVertexPath, modalityCounts, modelIn, modelName, onVertex } from './google-parts.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';

const PATHS = atPaths(':embedContent', ':batchEmbedContents');

/**
 * Gemini embeddings: `embedContent` and `batchEmbedContents`. Responses without usage are estimated. Source: types of
 * @google/genai 3 (`EmbedContentResponse`); Gemini API reference, “Embeddings”.
 */
export const geminiEmbeddings: BuiltInFormat = {
  operation: 'embeddings',
  provider: 'gcp.gemini',
  ...PATHS,
  accepts: (keys) => keys.has('content') || keys.has('requests'),
  requestKeys: new Set([
    'outputDimensionality',
    'output_dimensionality',
    'embedContentConfig',
    'embed_content_config',
  ]),
  content: () => new GeminiEmbeddingsContent(),
  readRequest: (body, url): RequestParameters => ({
    model: modelIn(url),
    stream: false,
    dimensions:
      asNumber(member(body, 'outputDimensionality')) ??
      asNumber(member(asObject(member(body, 'embedContentConfig')), 'outputDimensionality')) ??
      undefined,
  }),
  inputBytes: (body) =>
    textBytes(body['content']) +
    asArray(body['requests']).reduce<number>(
      (sum, entry) => sum + textBytes(asObject(entry)?.['content']),
      0,
    ),
  readResponse,
  // Embeddings are never streamed.
  readEvent: () => {},
};

/** Gemini embeddings on Vertex AI (`embedContent`). Source: as `geminiEmbeddings`. */
export const vertexGeminiEmbeddings: BuiltInFormat = onVertex(geminiEmbeddings);

function readResponse(body: JsonObject, response: ResponseDraft): void {
  if (body['error']) {
    response.error = readProviderError(body['error']);
    return;
  }
  response.model ??= modelName(body['modelVersion']);
  response.hasContent = isNonEmpty(body['embedding']) || isNonEmpty(body['embeddings']);
  const usage = asObject(body['usageMetadata']);
  // ProtoJSON omits counts of 0.
  const total = asCount(usage?.['promptTokenCount']) ?? asCount(usage?.['totalTokenCount']);
  response.usage.inputTokens = total ?? statisticsOf(asArray(body['embeddings']));
  response.usage.outputTokens = 0;
  const by = modalityCounts(usage?.['promptTokensDetails']);
  response.usage.audioInputTokens = by?.audio ?? 0;
  response.usage.imageInputTokens = by?.image ?? 0;
  response.complete = true;
}

/** Sums the token counts of single embeddings; `null` if one is missing. */
function statisticsOf(embeddings: readonly unknown[]): number | null {
  let sum: number | null = null;
  for (const entry of embeddings) {
    const statistics = asObject(asObject(entry)?.['statistics']);
    const count = asCount(statistics?.['tokenCount']) ?? asCount(statistics?.['token_count']);
    if (count === null) return null;
    sum = (sum ?? 0) + count;
  }
  return sum;
}

const PREDICT = atPaths(':predict');
/** Names of the embedding models of Vertex AI. Source: Vertex AI documentation, “Text embeddings API”. */
const EMBEDDING_MODEL =
  /\/publishers\/google\/models\/(?:[a-z-]*embedding[a-z0-9-]*|textembedding-gecko[a-z0-9-]*)(?:%40|@)?[\w-]*:predict$/;

/**
 * Embeddings of Vertex AI by `predict`. The same method serves custom models, whose requests are ignored. Source: Vertex
 * AI documentation, “Text embeddings API”; types of @google/genai 3 (`ContentEmbeddingStatistics`).
 */
export const vertexPredictEmbeddings: BuiltInFormat = {
  operation: 'embeddings',
  provider: 'gcp.vertex_ai',
  pathEndings: PREDICT.pathEndings,
  matches: (path) => EMBEDDING_MODEL.test(path),
  accepts: (keys) => keys.has('instances'),
  requestKeys: new Set(['parameters']),
  content: () => new GeminiEmbeddingsContent(),
  readRequest: (body, url) => ({
    model: modelIn(url),
    stream: false,
    dimensions: asNumber(asObject(body['parameters'])?.['outputDimensionality']) ?? undefined,
  }),
  inputBytes: (body) =>
    asArray(body['instances']).reduce<number>((sum, entry) => {
      const instance = asObject(entry);
      return sum + textBytes(instance?.['content']) + textBytes(instance?.['text']);
    }, 0),
  readResponse(body, response) {
    if (body['error']) {
      response.error = readProviderError(body['error']);
      return;
    }
    const predictions = asArray(body['predictions']);
    response.hasContent = predictions.length > 0;
    response.usage.inputTokens = statisticsOf(predictions.map((entry) => asObject(entry)?.['embeddings']));
    response.usage.outputTokens = 0;
    response.complete = true;
  },
  readEvent: () => {},
};

const IMAGEN_MODEL = /\/(?:models|publishers\/google\/models)\/(?:imagen|imagegeneration)[\w.@%-]*:predict$/;

/**
 * Imagen by `predict`, in the Gemini API and on Vertex AI. It is charged per image and reports no tokens, so its usage is
 * missing. Source: Gemini API documentation, “Generate images using Imagen”; types of @google/genai 3
 * (`GenerateImagesResponse`).
 */
export const imagen: BuiltInFormat = {
  operation: 'image_generation',
  provider: 'gcp.gemini',
  pathEndings: PREDICT.pathEndings,
  matches: (path) => IMAGEN_MODEL.test(path) && !isVertexPath(path),
  accepts: (keys) => keys.has('instances'),
  requestKeys: new Set(['parameters']),
  readRequest: (body, url) => ({
    model: modelIn(url),
    stream: false,
    choiceCount: asNumber(asObject(body['parameters'])?.['sampleCount']) ?? undefined,
    outputType: 'image',
  }),
  // The tokens of an image cannot be estimated from its bytes.
  inputBytes: () => null,
  readResponse(body, response) {
    if (body['error']) {
      response.error = readProviderError(body['error']);
      return;
    }
    const predictions = asArray(body['predictions']).map(asObject);
    response.hasContent = predictions.some(
      (item) => isNonEmpty(item?.['bytesBase64Encoded']) || isNonEmpty(item?.['gcsUri']),
    );
    const filtered = predictions
      .map((item) => asString(item?.['raiFilteredReason']))
      .find((reason) => reason !== null);
    // A filtered image is omitted from the response, or replaced by the reason.
    if (!response.hasContent && filtered !== undefined) {
      response.finish = 'content_filter';
      response.finishReasons = ['raiFilteredReason'];
    }
    response.complete = true;
  },
  readEvent: () => {},
};

/** Imagen on Vertex AI. Source: as `imagen`. */
export const vertexImagen: BuiltInFormat = {
  ...imagen,
  provider: 'gcp.vertex_ai',
  matches: (path) => IMAGEN_MODEL.test(path) && isVertexPath(path),
};

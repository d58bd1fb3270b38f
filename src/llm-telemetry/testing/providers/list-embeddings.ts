import { WITHOUT_TEXT, type EmulatedApi, type GeneratedResponse } from '../model/emulated-api.js';
import { vectorOf } from './openai-embeddings.js';
import { listPlatform, readTexts } from './other-platform.js';

/** List of embeddings, or of lists of them. A test compares it with the types of the SDK of Voyage. */
export interface SentList<Item> {
  readonly object: 'list';
  readonly data: readonly Item[];
  readonly model: string;
  readonly usage: SentListUsage;
}

export interface SentEmbedding {
  readonly object: 'embedding';
  /** Numbers, or their bytes in base64 if the request asks for them. */
  readonly embedding: number[] | string;
  readonly index: number;
}

export interface SentChunks {
  readonly object: 'list';
  readonly data: readonly SentEmbedding[];
  readonly index: number;
}

interface SentListUsage {
  readonly total_tokens: number;
  readonly prompt_tokens?: number;
  readonly text_tokens?: number;
  readonly image_pixels?: number;
}

/** Embeddings of providers with the lists of OpenAI and an own usage. The model tells which one answers. */
function listEmbeddings(
  provider: string,
  ending: string,
  models: RegExp,
  input: 'input' | 'inputs',
  dataOf: (generated: GeneratedResponse) => ReadonlyArray<SentEmbedding | SentChunks>,
  usageOf: (inputTokens: number) => SentListUsage = (total) => ({ total_tokens: total }),
): EmulatedApi {
  return {
    ...listPlatform(provider),
    ...WITHOUT_TEXT,
    idPrefix: 'embd-',
    matches: (path, _, { model }) => path.endsWith(ending) && models.test(String(model)),
    read: (body, tokenizer, path) => readTexts(body, input, tokenizer, path),
    json: (generated): SentList<SentEmbedding | SentChunks> => ({
      object: 'list',
      data: dataOf(generated),
      model: generated.model,
      usage: usageOf(generated.request.inputTokens),
    }),
  };
}

function embedding(text: string, index: number, { request: { body } }: GeneratedResponse): SentEmbedding {
  const vector = vectorOf(text, Number(body['output_dimension'] ?? body['dimensions'] ?? 1024));
  const isEncoded = body['encoding_format'] === 'base64';
  return {
    object: 'embedding',
    embedding: isEncoded ? Buffer.from(vector.buffer).toString('base64') : [...vector],
    index,
  };
}

function itemsOf({ request: { body } }: GeneratedResponse): readonly unknown[] {
  return [body['input'] ?? body['inputs']].flat();
}

function embeddingsOf(generated: GeneratedResponse): readonly SentEmbedding[] {
  return itemsOf(generated).map((item, index) => embedding(JSON.stringify(item), index, generated));
}

const VOYAGE = /^voyage-/;

/** Embeddings of Voyage and Jina. Sources: types of voyageai 0.4; https://api.jina.ai/redoc#tag/embeddings. */
export const otherEmbeddings: readonly EmulatedApi[] = [
  listEmbeddings('voyage', '/embeddings', VOYAGE, 'input', embeddingsOf),
  listEmbeddings('voyage', '/multimodalembeddings', VOYAGE, 'inputs', embeddingsOf, (total) => ({
    text_tokens: total,
    image_pixels: 0,
    total_tokens: total,
  })),
  listEmbeddings('voyage', '/contextualizedembeddings', VOYAGE, 'inputs', (generated) =>
    // One list for each document, with one embedding for each of its chunks.
    (generated.request.body['inputs'] as ReadonlyArray<string | readonly string[]>).map((chunks, index) => ({
      object: 'list',
      data: [chunks].flat().map((chunk, position) => embedding(chunk, position, generated)),
      index,
    })),
  ),
  listEmbeddings('jina', '/embeddings', /^jina-/, 'input', embeddingsOf, (total) => ({
    total_tokens: total,
    prompt_tokens: total,
  })),
];

import { WITHOUT_TEXT, type EmulatedApi, type GeneratedResponse, type Json } from '../model/emulated-api.js';
import { alibaba } from './dashscope.js';
import { vectorOf } from './openai-embeddings.js';
import { readTexts } from './other-platform.js';

/** Tokens of an image, as in the documentation of multimodal embeddings. */
const IMAGE_TOKENS = 896;

/**
 * Embeddings and rankings of DashScope. Sources: https://help.aliyun.com/en/model-studio/multimodal-embedding-api-reference;
 * https://www.alibabacloud.com/help/en/model-studio/rerank; dashscope-sdk-python, `tests/unit`.
 */
function dashscopeModel(
  ending: string,
  member: string,
  outputOf: (items: readonly unknown[], parameters: Json) => object,
  usageOf: (inputTokens: number, generated: GeneratedResponse) => object,
  others: (input: Json) => readonly unknown[] = () => [],
): EmulatedApi {
  const inputOf = (body: Json): Json => (body['input'] ?? {}) as Json;
  return {
    ...alibaba,
    ...WITHOUT_TEXT,
    idPrefix: '',
    matches: (path) => path.endsWith(ending),
    read(body, tokenizer, path) {
      const input = inputOf(body);
      const request = readTexts({ ...input, model: body['model'] }, member, tokenizer, path, others(input));
      if (typeof request === 'string') return request;
      const images = itemsOf(input, member).filter(isImage).length;
      return { ...request, body, inputTokens: request.inputTokens + images * IMAGE_TOKENS };
    },
    json: (generated) => {
      const { body, inputTokens } = generated.request;
      return {
        output: outputOf(itemsOf(inputOf(body), member), (body['parameters'] ?? {}) as Json),
        usage: usageOf(inputTokens, generated),
        request_id: generated.id,
      };
    },
  };
}

function itemsOf(input: Json, member: string): readonly unknown[] {
  return [input[member]].flat();
}

function isImage(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'image' in item;
}

function embeddingsOf(position: string): (items: readonly unknown[], parameters: Json) => object {
  return (items, { dimension }) => ({
    embeddings: items.map((item, index) => ({
      [position]: index,
      embedding: [...vectorOf(JSON.stringify(item), Number(dimension ?? 64))],
    })),
  });
}

export const dashscopeModels: readonly EmulatedApi[] = [
  dashscopeModel('/text-embedding/text-embedding', 'texts', embeddingsOf('text_index'), (total) => ({
    total_tokens: total,
  })),
  // The tokens of images are apart from those of the text.
  dashscopeModel(
    '/multimodal-embedding/multimodal-embedding',
    'contents',
    embeddingsOf('index'),
    (total, { request: { body } }) => {
      const images = itemsOf((body['input'] ?? {}) as Json, 'contents').filter(isImage).length * IMAGE_TOKENS;
      return { input_tokens: total - images, image_tokens: images };
    },
  ),
  dashscopeModel(
    '/text-rerank/text-rerank',
    'documents',
    (items, { top_n: limit }) => ({
      results: items
        .map((_, index) => ({ index, relevance_score: 1 / (index + 1) }))
        .slice(0, Number(limit ?? Infinity)),
    }),
    (total) => ({ total_tokens: total }),
    ({ query }) => [query],
  ),
];

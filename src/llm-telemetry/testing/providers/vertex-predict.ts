import { modelInPath } from './gemini.js';
import { geminiEmbeddings } from './gemini-embeddings.js';
import { vectorOf } from './openai-embeddings.js';
import {
  NO_TEXT_FAULTS,
  PLAIN_REQUEST,
  textOf,
  type EmulatedApi,
  type Json,
  type ModelRequest,
} from '../model/emulated-api.js';

function instancesOf(body: Json): readonly Json[] {
  return Array.isArray(body['instances']) ? (body['instances'] as Json[]) : [];
}

function readInstances(body: Json, path: string, member: string): ModelRequest | string {
  const texts = instancesOf(body).map((instance) => textOf(instance[member]));
  if (texts.every((text) => text === '')) return 'The instances are empty.';
  return { ...PLAIN_REQUEST, model: modelInPath(path), path, body, user: texts.join('\n'), inputTokens: 0 };
}

/** Embeddings of Vertex AI by `predict`. Source: Vertex AI documentation, “Text embeddings API”. */
export const predictEmbeddings: EmulatedApi = {
  ...geminiEmbeddings,
  matches: (path) => /\/models\/[^/:]*embedding[^/:]*:predict$/.test(path),
  read(body, tokenizer, path) {
    const read = readInstances(body, path, 'content');
    if (typeof read === 'string') return read;
    const count = (sum: number, { content }: Json): number => sum + tokenizer.count(textOf(content));
    return { ...read, inputTokens: instancesOf(body).reduce(count, 0) };
  },
  json({ request: { body, inputTokens, user } }) {
    const instances = instancesOf(body);
    const dimensions = Number((body['parameters'] as Json | undefined)?.['outputDimensionality'] ?? 768);
    return {
      predictions: instances.map(({ content }, index) => {
        // The last one has the tokens that are left.
        const share = Math.floor(inputTokens / instances.length);
        const rest = index === instances.length - 1 ? inputTokens - share * instances.length : 0;
        const statistics = { truncated: false, token_count: share + rest };
        return { embeddings: { values: [...vectorOf(textOf(content), dimensions)], statistics } };
      }),
      metadata: { billableCharacterCount: user.length },
    };
  },
};

/**
 * Imagen by `predict`, in the Gemini API and on Vertex AI, billed by the image. Source: Gemini API documentation, “Generate
 * images using Imagen”.
 */
export const imagen: EmulatedApi = {
  ...geminiEmbeddings,
  faultReplacements: { ...NO_TEXT_FAULTS, filter: 'filter', blocked: 'bad_request' },
  matches: (path) => /\/models\/imagen[^/:]*:predict$/.test(path),
  read(body, _, path) {
    const read = readInstances(body, path, 'prompt');
    const count = Number((body['parameters'] as Json | undefined)?.['sampleCount'] ?? 4);
    return typeof read === 'string' ? read : { ...read, units: { images: count } };
  },
  json: ({ finish, request: { units } }) => ({
    predictions: Array.from({ length: units.images ?? 0 }, () =>
      finish === 'content_filter'
        ? { raiFilteredReason: 'Unable to show generated images.' }
        : { mimeType: 'image/png', bytesBase64Encoded: 'iVBORw0KGgo=' },
    ),
  }),
};

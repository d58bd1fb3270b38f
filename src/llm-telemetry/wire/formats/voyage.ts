import { PlainTextContent } from '../content/plain-text.content.js';
import { asNumber, asString } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { embeddings } from './embeddings.js';
import { atPaths, type BuiltInFormat } from './format.js';

/**
 * Voyage's embeddings of documents with their context, and of texts with images. Responses have the shape of OpenAI's.
 * Plain embeddings are in the format `embeddings`. Source: types of voyageai 0.4 (`ContextualizedEmbedRequest`,
 * `MultimodalEmbedRequest` and their responses).
 */
export const voyageEmbeddings: BuiltInFormat = {
  ...embeddings,
  provider: 'voyage',
  rateLimitHeaders: [],
  ...atPaths('/contextualizedembeddings', '/multimodalembeddings'),
  accepts: (keys) => keys.has('inputs') && keys.has('model'),
  requestKeys: new Set(['model', 'output_dimension']),
  content: (limit) => new PlainTextContent({ input: 'inputs', output: null }, limit),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: false,
    dimensions: asNumber(body['output_dimension']) ?? undefined,
  }),
  inputBytes: (body) => textBytes(body['inputs']),
};

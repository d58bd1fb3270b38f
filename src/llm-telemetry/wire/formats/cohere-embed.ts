import { PlainTextContent } from '../content/plain-text.content.js';
import { asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { scanTopLevel } from '../json/top-level-scan.js';
import type { ResponseDraft } from '../response-draft.js';
import { COHERE_RATE_LIMIT_HEADERS } from './cohere-chat.js';
import { readCohereUsage } from './cohere-usage.js';
import { atPaths, type BuiltInFormat } from './format.js';
import { readProviderError } from '../dialects/error-body.js';
import { isNonEmpty } from './response-parts.js';

/**
 * Cohere Embed, versions 1 and 2. Responses do not name the model.
 * Source: types of cohere-ai 8.1 (`EmbedRequest`, `V2EmbedRequest`, `EmbedByTypeResponse`).
 */
export const cohereEmbed: BuiltInFormat = {
  operation: 'embeddings',
  provider: 'cohere',
  rateLimitHeaders: COHERE_RATE_LIMIT_HEADERS,
  ...atPaths('/v1/embed', '/v2/embed'),
  accepts: (keys) => keys.has('texts') || keys.has('images') || (keys.has('inputs') && keys.has('model')),
  requestKeys: new Set(['model', 'output_dimension']),
  content: (limit) => new PlainTextContent({ input: 'texts', output: null }, limit),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: false,
    dimensions: asNumber(body['output_dimension']) ?? undefined,
  }),
  // The tokens of an image cannot be estimated from its bytes.
  inputBytes: (body) =>
    isNonEmpty(body['images']) ? null : textBytes(body['texts']) + textBytes(body['inputs']),
  readResponse,
  skimResponse,
  // Embeddings are never streamed.
  readEvent: () => {},
};

function readResponse(body: JsonObject, response: ResponseDraft): void {
  if (body['embeddings'] === undefined && typeof body['message'] === 'string') {
    response.error = readProviderError(body);
    return;
  }
  readMeta(body, response);
  response.hasContent = isNonEmpty(body['embeddings']);
}

function readMeta(body: JsonObject, response: ResponseDraft): void {
  response.id = asString(body['id']);
  readCohereUsage(asObject(body['meta']), response.usage);
  response.usage.outputTokens = 0;
  response.complete = true;
}

const SCANNED_MEMBERS = new Set(['id', 'meta', 'message']);

/** Skips the vectors, which are nearly all of the response. */
function skimResponse(json: string, response: ResponseDraft): boolean {
  const scanned = scanTopLevel(json, SCANNED_MEMBERS);
  if (!scanned?.complete || !scanned.members['meta']) return false;
  readMeta(scanned.members, response);
  response.hasContent = true;
  return true;
}

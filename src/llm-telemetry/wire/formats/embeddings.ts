import { PlainTextContent } from '../content/plain-text.content.js';
import type { Answer } from '../answer.js';
import { asCount, asNumber, asObject, asString, asUsd, type JsonObject } from '../json/json-value.js';
import { hasContent, OPENAI_RATE_LIMIT_HEADERS, readProviderError } from './response-parts.js';
import { scanTopLevel } from '../json/top-level-scan.js';
import { textBytes } from '../json/text-bytes.js';
import { atPaths, type BuiltInFormat } from './format.js';

/**
 * OpenAI Embeddings, also supported by most other providers and servers. Source: OpenAI API reference, “Embeddings”;
 * types of openai 7 (`resources/embeddings`).
 */
export const embeddings: BuiltInFormat = {
  operation: 'embeddings',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  ...atPaths('/embeddings'),
  accepts: (keys) => keys.has('input') && keys.has('model'),
  requestKeys: new Set(['model', 'dimensions']),
  content: (limit) => new PlainTextContent({ input: 'input', output: null }, limit),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: false,
    dimensions: asNumber(body['dimensions']) ?? undefined,
  }),
  inputBytes: (body) => textBytes(body['input']),
  readResponse,
  skimResponse,
  // Embeddings are never streamed.
  readEvent: () => {},
};

function readResponse(body: JsonObject, answer: Answer): void {
  if (body['error']) {
    answer.error = readProviderError(body['error']);
    return;
  }
  answer.model ??= asString(body['model']);
  answer.hasContent = hasContent(body, ENVELOPE);
  const usage = asObject(body['usage']);
  answer.usage.inputTokens = asCount(usage?.['prompt_tokens']) ?? asCount(usage?.['total_tokens']);
  answer.usage.outputTokens = 0;
  answer.usage.providerCostUsd = asUsd(usage?.['cost']);
  answer.complete = true;
}

const ENVELOPE = new Set(['id', 'object', 'created', 'model', 'usage', 'provider']);

const SCANNED_MEMBERS = new Set(['model', 'usage', 'error']);

/** Matches the end of a response with the usage as its last member. A response with another end may be truncated. */
const USAGE_LAST = /\}\s*\}\s*$/;

/** Skips the vectors, which are nearly all of the response. */
function skimResponse(json: string, answer: Answer): boolean {
  const scanned = scanTopLevel(json, SCANNED_MEMBERS);
  if (!scanned?.members['usage'] || !(scanned.complete || USAGE_LAST.test(json.slice(-64)))) return false;
  readResponse(scanned.members, answer);
  answer.hasContent = true;
  return true;
}

import { PlainTextContent } from '../content/plain-text.content.js';
import type { ResponseDraft } from '../response-draft.js';
import { asCount, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import { readProviderCost } from '../dialects/provider-cost.js';
import { errorIn } from '../dialects/error-body.js';
import { hasContent, OPENAI_RATE_LIMIT_HEADERS } from './response-parts.js';
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
  requestKeys: new Set(['model', 'dimensions', 'output_dimension']),
  content: (limit) => new PlainTextContent({ input: 'input', output: null }, limit),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: false,
    // Voyage and Mistral have their own name for it.
    dimensions: asNumber(body['dimensions']) ?? asNumber(body['output_dimension']) ?? undefined,
  }),
  inputBytes: (body) => textBytes(body['input']),
  readResponse,
  skimResponse,
  // Embeddings are never streamed.
  readEvent: () => {},
};

function readResponse(body: JsonObject, response: ResponseDraft): void {
  response.error = errorIn(body);
  if (response.error !== null) return;
  response.model ??= asString(body['model']);
  response.hasContent = hasContent(body, ENVELOPE);
  const usage = asObject(body['usage']);
  // Servers that do not count send 0.
  response.usage.inputTokens = asCount(usage?.['prompt_tokens']) || asCount(usage?.['total_tokens']) || null;
  response.usage.outputTokens = 0;
  if (usage) readProviderCost(usage, response.usage);
  response.complete = true;
}

const ENVELOPE = new Set(['id', 'object', 'created', 'model', 'usage', 'provider']);

const SCANNED_MEMBERS = new Set(['model', 'usage', 'error']);

/**
 * Matches the end of a response with the usage or the list as its last member. A response with another end may be truncated.
 */
const WHOLE = /\}\s*\]?\s*\}\s*$/;

/** Skips the vectors, which are nearly all of the response. */
function skimResponse(json: string, response: ResponseDraft): boolean {
  const scanned = scanTopLevel(json, SCANNED_MEMBERS);
  if (!scanned?.members['usage'] || !(scanned.complete || WHOLE.test(json.slice(-64)))) return false;
  readResponse(scanned.members, response);
  response.hasContent = true;
  return true;
}

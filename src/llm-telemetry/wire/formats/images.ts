import { PlainTextContent } from '../content/plain-text.content.js';
import type { Answer } from '../answer.js';
import {
  asBoolean,
  asCount,
  asNumber,
  asObject,
  asString,
  parseJson,
  type JsonObject,
} from '../json-value.js';
import { readProviderError } from './provider-error.js';
import { OPENAI_RATE_LIMIT_HEADERS } from './openai-limits.js';
import type { WireFormat } from './format.js';

/**
 * OpenAI Images: generations and edits. Models that are priced by the image say no usage: it is missing.
 * Source: OpenAI API reference, “Images”; types of openai 7 (`resources/images`).
 */
export const images: WireFormat = {
  operation: 'image_generation',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  matches: (path) => path.endsWith('/images/generations') || path.endsWith('/images/edits'),
  accepts: (keys) => keys.has('prompt'),
  requestKeys: new Set(['model', 'n', 'stream']),
  content: (limit) => new PlainTextContent({ input: 'prompt', output: null }, limit),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: asBoolean(body['stream']) ?? false,
    choiceCount: asNumber(body['n']) ?? undefined,
  }),
  // A picture's tokens cannot be told from its bytes, nor those of one that is still to be made.
  inputBytes: () => null,
  readResponse: (body, answer) => {
    readBody(body, answer);
    answer.complete = answer.error === null;
  },
  readEvent: (data, answer) => {
    // A picture stands in each event: only the last one, and an error, is read.
    if (data.includes('.partial_image"')) {
      answer.outputChunks++;
      return;
    }
    const event = asObject(parseJson(data));
    if (!event) return;
    readBody(event, answer);
    if (asString(event['type'])?.endsWith('.completed')) answer.complete = true;
  },
};

function readBody(body: JsonObject, answer: Answer): void {
  if (body['error'] || body['type'] === 'error') answer.error = readProviderError(body['error'] ?? body);
  const usage = asObject(body['usage']);
  if (!usage) return;
  const draft = answer.usage;
  const input = asObject(usage['input_tokens_details']);
  const output = asObject(usage['output_tokens_details']);
  draft.inputTokens = asCount(usage['input_tokens']) ?? draft.inputTokens;
  draft.outputTokens = asCount(usage['output_tokens']) ?? draft.outputTokens;
  draft.imageInputTokens = asCount(input?.['image_tokens']) ?? draft.imageInputTokens;
  // Without a breakdown all of the output is the picture.
  draft.imageOutputTokens = asCount(output?.['image_tokens']) ?? draft.outputTokens ?? 0;
}

import { PlainTextContent } from '../content/plain-text.content.js';
import { emptyUsage, type ResponseDraft, type UsageDraft } from '../response-draft.js';
import {
  asBoolean,
  asCount,
  asNumber,
  asObject,
  asString,
  parseJson,
  type JsonObject,
} from '../json/json-value.js';
import { errorIn } from '../dialects/error-body.js';
import { addModelUsage, hasContent, imageUsage, OPENAI_RATE_LIMIT_HEADERS } from './response-parts.js';
import { atPaths, type BuiltInFormat } from './format.js';

/**
 * OpenAI Images: generations, edits and variations. Models priced per image report no usage, so it is missing.
 * Source: OpenAI API reference, “Images”; types of openai 7 (`resources/images`).
 */
export const images: BuiltInFormat = {
  operation: 'image_generation',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  ...atPaths('/images/generations', '/images/edits', '/images/variations'),
  // Variations have no prompt.
  accepts: (keys, url) => keys.has(url.endsWith('/variations') ? 'image' : 'prompt'),
  requestKeys: new Set(['model', 'n', 'stream']),
  content: (limit) => new PlainTextContent({ input: 'prompt', output: null }, limit),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: asBoolean(body['stream']) ?? false,
    choiceCount: asNumber(body['n']) ?? undefined,
    outputType: 'image',
  }),
  // The tokens of an image cannot be estimated from its bytes.
  inputBytes: () => null,
  readResponse: (body, response) => {
    readBody(body, response);
    response.complete = response.error === null;
  },
  readEvent: (data, response) => {
    // Partial images are large and have no usage, so they are not parsed.
    if (data.includes('.partial_image"')) {
      response.hasContent = true;
      response.outputChunks++;
      return;
    }
    const event = asObject(parseJson(data));
    if (!event) return;
    readBody(event, response);
    if (asString(event['type'])?.endsWith('.completed')) response.complete = true;
  },
};

function readBody(body: JsonObject, response: ResponseDraft): void {
  response.error ??= errorIn(body);
  if (response.hasContent !== true) response.hasContent = hasContent(body, ENVELOPE);
  const usage = asObject(body['usage']);
  if (usage) response.usage = imageUsage(usage);
  // SVG images are written by a separate model, which `svg_usage` names.
  const written = asObject(body['svg_usage']);
  if (written) addModelUsage(asString(written['model']) ?? 'svg', svgUsage(written), response);
}

const ENVELOPE = new Set([
  'type',
  'error',
  'usage',
  'svg_usage',
  'model',
  'background',
  'output_format',
  'quality',
  'size',
]);

function svgUsage(written: JsonObject): UsageDraft {
  return {
    ...emptyUsage(),
    inputTokens: asCount(written['input_tokens']),
    outputTokens: asCount(written['output_tokens']),
    reasoningTokens: asCount(written['reasoning_tokens']) ?? 0,
  };
}

import { PlainTextContent } from '../content/plain-text.content.js';
import { asCount, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import type { ResponseDraft } from '../response-draft.js';
import { atPaths, type BuiltInFormat } from './format.js';
import { readProviderError } from '../dialects/error-body.js';
import { OPENAI_RATE_LIMIT_HEADERS } from './response-parts.js';

/**
 * OpenAI speech. The response is audio without usage, or a stream of events whose last one has usage. The characters of
 * `CHARACTER_MODELS` are counted from the request; the usage of other models is missing without that event.
 * Source: OpenAI API reference, “Create speech” and “speech.audio.done”; types of openai 7 (`resources/audio/speech`).
 */
export const speech: BuiltInFormat = {
  operation: 'speech',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  ...atPaths('/audio/speech'),
  accepts: (keys) => keys.has('input') && keys.has('model'),
  requestKeys: new Set(['model', 'stream_format']),
  isBinary: true,
  content: (limit) => new PlainTextContent({ input: 'input', output: null }, limit),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: body['stream_format'] === 'sse',
    outputType: 'speech',
  }),
  // The tokens of audio cannot be estimated.
  inputBytes: () => null,
  readRequestUsage: (body, { usage }) => {
    const text = asString(body['input']);
    if (text === null || usage.outputTokens !== null || !CHARACTER_MODELS.has(String(body['model']))) return;
    usage.inputTokens = 0;
    usage.outputTokens = 0;
    usage.spokenCharacters = characterCount(text);
  },
  readResponse: (body, response) => {
    if (body['error']) response.error = readProviderError(body['error']);
  },
  readEvent,
};

/** Models that are billed by characters. Source: OpenAI's pricing page, “Audio”, “Speech generation”. */
const CHARACTER_MODELS = new Set(['tts-1', 'tts-1-hd', 'tts-1-1106', 'tts-1-hd-1106']);

/** Counts Unicode characters; surrogate pairs are one. */
export function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function readEvent(data: string, response: ResponseDraft): void {
  // Audio is large and has no usage, so it is not parsed.
  if (data.includes('"speech.audio.delta"')) {
    response.hasContent = true;
    response.outputChunks++;
    return;
  }
  const event = asObject(parseJson(data));
  if (!event) return;
  if (event['error'] || event['type'] === 'error')
    response.error = readProviderError(event['error'] ?? event);
  if (event['type'] !== 'speech.audio.done') return;
  readUsage(asObject(event['usage']), response);
  response.hasContent ??= false;
  response.complete = true;
}

/** The table lists output of speech models as their output price, so it is no separate audio part. */
function readUsage(usage: JsonObject | null, { usage: draft }: ResponseDraft): void {
  draft.inputTokens = asCount(usage?.['input_tokens']);
  draft.outputTokens = asCount(usage?.['output_tokens']);
  draft.totalTokens = asCount(usage?.['total_tokens']);
}

import { PlainTextContent } from '../content/plain-text.content.js';
import type { ResponseDraft } from '../response-draft.js';
import {
  asBoolean,
  asCount,
  asNumber,
  asObject,
  asQuantity,
  asString,
  parseJson,
  type JsonObject,
} from '../json/json-value.js';
import { errorIn } from '../dialects/error-body.js';
import { hasContent, OPENAI_RATE_LIMIT_HEADERS } from './response-parts.js';
import { jsonStringBytes, textBytes } from '../json/text-bytes.js';
import { atPaths, type BuiltInFormat } from './format.js';

/**
 * OpenAI audio transcriptions and translations, billed by tokens or by seconds. Responses in a text format (`srt`,
 * `vtt`, `text`) contain no usage, so it is missing. Source: OpenAI API reference, “Audio”; types of openai 7
 * (`resources/audio/transcriptions`).
 */
export const transcriptions: BuiltInFormat = {
  operation: 'transcription',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  ...atPaths('/audio/transcriptions', '/audio/translations'),
  accepts: (keys) => keys.has('file') && keys.has('model'),
  requestKeys: new Set(['model', 'stream', 'temperature']),
  content: (limit) => new PlainTextContent({ input: 'prompt', output: 'text', piece: 'delta' }, limit),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: asBoolean(body['stream']) ?? false,
    temperature: asNumber(body['temperature']) ?? undefined,
  }),
  // The transcript of silence, in a text format.
  mayBeBlank: true,
  inputBytes: () => null,
  readResponse: (body, response) => {
    readBody(body, response);
    response.complete = response.error === null;
  },
  readEvent: (data, response) => {
    if (data.includes('"transcript.text.delta"')) {
      response.hasContent = true;
      response.outputChunks++;
      // Falls back to parsing for servers that write spaces.
      response.outputBytes +=
        jsonStringBytes(data, ['"delta":"']) || textBytes(asObject(parseJson(data))?.['delta']);
      return;
    }
    const event = asObject(parseJson(data));
    if (!event) return;
    readBody(event, response);
    if (event['type'] === 'transcript.text.done') response.complete = true;
  },
};

const ENVELOPE = new Set(['type', 'error', 'usage', 'task', 'language', 'logprobs']);

function readBody(body: JsonObject, response: ResponseDraft): void {
  response.error ??= errorIn(body);
  // The transcript of silence is empty.
  if (response.hasContent !== true)
    response.hasContent = typeof body['text'] === 'string' || hasContent(body, ENVELOPE);
  const usage = asObject(body['usage']);
  if (!usage) return;
  const draft = response.usage;
  if (usage['type'] === 'duration') {
    const seconds = asQuantity(usage['seconds']);
    if (seconds === null) return;
    draft.inputTokens = 0;
    draft.outputTokens = 0;
    draft.audioSeconds = seconds;
    return;
  }
  const input = asObject(usage['input_token_details']);
  draft.inputTokens = asCount(usage['input_tokens']) ?? draft.inputTokens;
  draft.outputTokens = asCount(usage['output_tokens']) ?? draft.outputTokens;
  draft.audioInputTokens = asCount(input?.['audio_tokens']) ?? draft.audioInputTokens;
}

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
 * OpenAI audio transcriptions and translations, also of Groq and Mistral, billed by tokens or by seconds. Responses in a text
 * format (`srt`, `vtt`, `text`) contain no usage, so it is missing. Sources: OpenAI API reference, “Audio”; types of
 * openai 7 (`resources/audio/transcriptions`) and of @mistralai/mistralai 2 (`TranscriptionResponse`,
 * `TranscriptionStreamDone`); https://github.com/laravel/ai/pull/1025.
 */
export const transcriptions: BuiltInFormat = {
  operation: 'transcription',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  ...atPaths('/audio/transcriptions', '/audio/translations'),
  accepts: (keys) => keys.has('model') && FILES.some((name) => keys.has(name)),
  requestKeys: new Set(['model', 'stream', 'temperature']),
  content: (limit) => new TranscriptContent({ input: 'prompt', output: 'text', piece: 'delta' }, limit),
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
    if (data.includes('.text.delta"')) {
      response.hasContent = true;
      response.outputChunks++;
      response.outputBytes += deltaBytes(data);
      return;
    }
    const event = asObject(parseJson(data));
    if (!event) return;
    readBody(event, response);
    if (DONE.has(event['type'])) response.complete = true;
  },
};

/** Members of the form with the audio: a file, and at Groq (`url`) and Mistral also one that is stored elsewhere. */
const FILES = ['file', 'url', 'file_url', 'file_id'];

const DONE: ReadonlySet<unknown> = new Set(['transcript.text.done', 'transcription.done']);

/** Falls back to parsing for servers that write spaces. */
function deltaBytes(data: string): number {
  const bytes = jsonStringBytes(data, ['"delta":"', '"text":"']);
  if (bytes > 0) return bytes;
  const event = asObject(parseJson(data));
  return textBytes(event?.['delta'] ?? event?.['text']);
}

/** Mistral's deltas have a text. */
class TranscriptContent extends PlainTextContent {
  override readEvent(event: JsonObject): void {
    const isMistral = event['type'] === 'transcription.text.delta';
    super.readEvent(isMistral ? { delta: event['text'] } : event);
  }
}

const ENVELOPE = new Set(['type', 'error', 'usage', 'task', 'language', 'logprobs', 'model', 'duration']);

function readBody(body: JsonObject, response: ResponseDraft): void {
  response.error ??= errorIn(body);
  response.model ??= asString(body['model']);
  // The transcript of silence is empty.
  if (response.hasContent !== true)
    response.hasContent = typeof body['text'] === 'string' || hasContent(body, ENVELOPE);
  const usage = asObject(body['usage']);
  const draft = response.usage;
  const seconds = secondsIn(body, usage);
  if (seconds !== null) {
    draft.inputTokens = 0;
    draft.outputTokens = 0;
    draft.audioSeconds = seconds;
  } else if (usage) {
    const input = asObject(usage['input_token_details']);
    draft.inputTokens = asCount(usage['input_tokens']) ?? draft.inputTokens;
    draft.outputTokens = asCount(usage['output_tokens']) ?? draft.outputTokens;
    draft.audioInputTokens = asCount(input?.['audio_tokens']) ?? draft.audioInputTokens;
  }
}

/** Returns the length of audio that is billed by it: of OpenAI, of Mistral, or of servers that report no usage. */
function secondsIn(body: JsonObject, usage: JsonObject | null): number | null {
  if (usage === null) return asQuantity(body['duration']);
  return asQuantity(usage['type'] === 'duration' ? usage['seconds'] : usage['prompt_audio_seconds']);
}

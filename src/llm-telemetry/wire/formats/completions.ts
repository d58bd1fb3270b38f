import { PlainTextContent } from '../content/plain-text.content.js';
import type { Answer } from '../answer.js';
import { asArray, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import { chatCompletions, readChoiceFinish, readCommon } from './chat-completions.js';
import { choicesHaveContent, OPENAI_RATE_LIMIT_HEADERS } from './response-parts.js';
import { textBytes } from '../json/text-bytes.js';
import { atPaths, type BuiltInFormat } from './format.js';

/**
 * OpenAI's legacy Completions, still supported by servers of open models. Source: OpenAI API reference, “Completions
 * (legacy)”; types of openai 7 (`resources/completions`).
 */
export const completions: BuiltInFormat = {
  operation: 'text_completion',
  provider: 'openai',
  rateLimitHeaders: OPENAI_RATE_LIMIT_HEADERS,
  ...atPaths('/completions'),
  accepts: (keys) => keys.has('prompt') && keys.has('model'),
  requestKeys: chatCompletions.requestKeys,
  content: (limit) => new PlainTextContent({ input: 'prompt', output: 'text', piece: 'text' }, limit),
  landmarks: {
    piece: /^\{"[^"]*":\S/,
    starts: ['[DONE]', '{"error":'],
    within: /"finish_reason":"|"usage":\{/g,
  },
  readRequest: chatCompletions.readRequest,
  envelopeBytes: 350,
  inputBytes: (body) => textBytes(body['prompt']),
  readResponse: (body, answer) => {
    readChoices(body, answer);
    answer.complete = answer.error === null;
  },
  readEvent: (data, answer) => {
    if (data !== '[DONE]') {
      readChunk(asObject(parseJson(data)), answer);
      return;
    }
    answer.hasContent ??= false;
    answer.complete = true;
  },
};

function readChunk(chunk: JsonObject | null, answer: Answer): void {
  if (!chunk) return;
  const before = answer.outputBytes;
  readChoices(chunk, answer);
  if (answer.outputBytes > before) answer.outputChunks++;
}

function readChoices(body: JsonObject, answer: Answer): void {
  readCommon(body, answer);
  if (answer.hasContent !== true) answer.hasContent = choicesHaveContent(body);
  for (const item of asArray(body['choices'])) {
    const choice = asObject(item);
    if (!choice) continue;
    answer.outputBytes += Buffer.byteLength(asString(choice['text']) ?? '');
    readChoiceFinish(choice, false, answer);
  }
}

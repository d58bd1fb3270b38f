import { PlainTextContent } from '../content/plain-text.content.js';
import type { ResponseDraft } from '../response-draft.js';
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
    within: /_reason":"|usage":\{|error":[{"]|:"error"/g,
  },
  readRequest: chatCompletions.readRequest,
  envelopeBytes: 350,
  inputBytes: (body) => textBytes(body['prompt']),
  readResponse: (body, response) => {
    readChoices(body, response);
    response.complete = response.error === null;
  },
  readEvent: (data, response) => {
    if (data !== '[DONE]') {
      readChunk(asObject(parseJson(data)), response);
      return;
    }
    response.hasContent ??= false;
    response.complete = true;
  },
};

function readChunk(chunk: JsonObject | null, response: ResponseDraft): void {
  if (!chunk) return;
  const before = response.outputBytes;
  readChoices(chunk, response);
  if (response.outputBytes > before) response.outputChunks++;
}

function readChoices(body: JsonObject, response: ResponseDraft): void {
  readCommon(body, response);
  if (response.hasContent !== true) response.hasContent = choicesHaveContent(body);
  for (const item of asArray(body['choices'])) {
    const choice = asObject(item);
    if (!choice) continue;
    response.outputBytes += Buffer.byteLength(asString(choice['text']) ?? '');
    readChoiceFinish(choice, false, response);
  }
}

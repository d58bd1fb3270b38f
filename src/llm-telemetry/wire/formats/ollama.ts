import { OllamaContent } from '../content/ollama.content.js';
import { PlainTextContent } from '../content/plain-text.content.js';
import {
  asBoolean,
  asCount,
  asNumber,
  asObject,
  asString,
  parseJson,
  type JsonObject,
} from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { scanTopLevel } from '../json/top-level-scan.js';
import type { ResponseDraft } from '../response-draft.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';
import { outputTypeOf, stopSequencesOf } from './request-parts.js';
import { readProviderError } from '../dialects/error-body.js';
import { addOutput, isNonEmpty } from './response-parts.js';

/**
 * Ollama's own API: chat, generate and embeddings. Streams are newline-delimited JSON.
 * Source: https://github.com/ollama/ollama/blob/main/docs/api.md; types of ollama 0.6 (`ChatRequest`, `ChatResponse`,
 * `GenerateResponse`, `EmbedResponse`, `ErrorResponse`).
 */
const GENERATION = {
  provider: 'ollama',
  selfHosted: true,
  requestKeys: new Set(['model', 'stream', 'options', 'format', 'think']),
  content: (limit: number) => new OllamaContent(limit),
  readRequest,
  readResponse: readGeneration,
  readEvent: (data: string, response: ResponseDraft) => {
    const event = asObject(parseJson(data));
    if (event) readGeneration(event, response);
  },
} as const satisfies Partial<BuiltInFormat>;

export const ollamaChat: BuiltInFormat = {
  ...GENERATION,
  operation: 'chat',
  ...atPaths('/api/chat'),
  accepts: (keys) => keys.has('model') && keys.has('messages'),
  inputBytes: (body) => textBytes(body['messages']) + textBytes(body['tools']),
};

export const ollamaGenerate: BuiltInFormat = {
  ...GENERATION,
  operation: 'text_completion',
  ...atPaths('/api/generate'),
  // Without a prompt, the model is only loaded.
  accepts: (keys) => keys.has('model') && keys.has('prompt'),
  inputBytes: (body) => textBytes(body['system']) + textBytes(body['prompt']) + textBytes(body['suffix']),
};

function readRequest(body: JsonObject): RequestParameters {
  const options = asObject(body['options']);
  const format = body['format'];
  return {
    model: asString(body['model']),
    stream: asBoolean(body['stream']) ?? true,
    maxTokens: asNumber(options?.['num_predict']) ?? undefined,
    temperature: asNumber(options?.['temperature']) ?? undefined,
    topP: asNumber(options?.['top_p']) ?? undefined,
    topK: asNumber(options?.['top_k']) ?? undefined,
    seed: asNumber(options?.['seed']) ?? undefined,
    presencePenalty: asNumber(options?.['presence_penalty']) ?? undefined,
    frequencyPenalty: asNumber(options?.['frequency_penalty']) ?? undefined,
    stopSequences: stopSequencesOf(options?.['stop']),
    reasoningEffort: asString(body['think']) ?? undefined,
    // An object is a JSON schema.
    outputType: asObject(format) ? 'json' : outputTypeOf(format),
  };
}

/** Reads a response, or an event of a stream: both have the same members. */
function readGeneration(body: JsonObject, response: ResponseDraft): void {
  if (body['error']) {
    readError(body['error'], response);
    return;
  }
  response.model ??= asString(body['model']);
  const message = asObject(body['message']);
  const calls = message?.['tool_calls'];
  addOutput(
    textBytes(message?.['content']) +
      textBytes(message?.['thinking']) +
      textBytes(calls) +
      textBytes(body['response']) +
      textBytes(body['thinking']),
    response,
  );
  // An image has no text.
  if (isNonEmpty(body['image'])) response.hasContent = true;
  if (isNonEmpty(calls)) response.finish = 'tool_calls';
  if (body['done'] !== true) return;
  response.hasContent ??= false;
  readCounts(body, response);
  // The provider ends tool calls with `stop`; the first versions gave no reason.
  const reason = asString(body['done_reason']) ?? 'stop';
  response.finishReasons = [reason];
  if (response.finish === null || reason !== 'stop') response.finish = reason;
  response.complete = true;
}

/**
 * Reads the counts of the last event. `prompt_eval_count` includes the tokens read from the cache.
 * Source: https://github.com/ollama/ollama/pull/17943.
 */
function readCounts(body: JsonObject, { usage }: ResponseDraft): void {
  const reason = body['done_reason'];
  const isLoaded = reason === 'load' || reason === 'unload';
  usage.inputTokens = asCount(body['prompt_eval_count']) ?? (isLoaded ? 0 : null);
  usage.outputTokens = asCount(body['eval_count']) ?? (isLoaded ? 0 : null);
  usage.cachedInputTokens = asCount(body['prompt_eval_cached_count']) ?? 0;
}

/** Errors are texts, or objects behind proxies. */
function readError(error: unknown, response: ResponseDraft): void {
  response.error = readProviderError(asObject(error) ?? { message: error });
}

/** Embeddings, the current API and the one it replaced, which reports no usage. */
export const ollamaEmbeddings: BuiltInFormat = {
  operation: 'embeddings',
  provider: 'ollama',
  selfHosted: true,
  ...atPaths('/api/embed', '/api/embeddings'),
  accepts: (keys, url) => keys.has('model') && keys.has(url.endsWith('/embed') ? 'input' : 'prompt'),
  requestKeys: new Set(['model', 'dimensions']),
  content: (limit) => new PlainTextContent({ input: 'input', output: null }, limit),
  readRequest: (body) => ({
    model: asString(body['model']),
    stream: false,
    dimensions: asNumber(body['dimensions']) ?? undefined,
  }),
  inputBytes: (body) => textBytes(body['input']) + textBytes(body['prompt']),
  readResponse: (body, response) => {
    if (body['error']) readError(body['error'], response);
    else readEmbeddings(body, isNonEmpty(body['embeddings']) || isNonEmpty(body['embedding']), response);
  },
  skimResponse: (json, response) => {
    const scanned = scanTopLevel(json, SCANNED_MEMBERS);
    if (!scanned?.complete || scanned.members['error']) return false;
    readEmbeddings(scanned.members, true, response);
    return true;
  },
  readEvent: () => {},
};

const SCANNED_MEMBERS = new Set(['model', 'prompt_eval_count', 'error']);

function readEmbeddings(body: JsonObject, hasContent: boolean, response: ResponseDraft): void {
  response.model = asString(body['model']);
  response.usage.inputTokens = asCount(body['prompt_eval_count']);
  response.usage.outputTokens = 0;
  response.hasContent = hasContent;
  response.complete = true;
}

import { CohereChatContent, CohereChatV1Content } from '../content/cohere.content.js';
import type { FinishReason } from '../finish-reason.js';
import {
  asArray,
  asBoolean,
  asNumber,
  asObject,
  asString,
  parseJson,
  type JsonObject,
} from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import type { ResponseDraft } from '../response-draft.js';
import { readCohereUsage } from './cohere-usage.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';
import { outputTypeOf, stopSequencesOf } from './request-parts.js';
import { readProviderError } from '../dialects/error-body.js';
import { finishOfWord } from '../dialects/finish-words.js';
import { addOutput, isNonEmpty } from './response-parts.js';

/**
 * Remaining calls of a trial key; production keys get no limit in headers.
 * Source: https://github.com/elastic/elasticsearch (`CohereResponseHandler`).
 */
export const COHERE_RATE_LIMIT_HEADERS = ['x-trial-endpoint-call-remaining'];

const REQUEST_KEYS = new Set([
  'model',
  'stream',
  'max_tokens',
  'temperature',
  'p',
  'k',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'stop_sequences',
  'response_format',
  'conversation_id',
]);

/**
 * Cohere Chat, version 2: JSON and server-sent events. Responses do not name the model.
 * Source: types of cohere-ai 8.1 (`V2ChatRequest`, `V2ChatResponse`, `V2ChatStreamResponse`).
 */
export const cohereChat: BuiltInFormat = {
  operation: 'chat',
  provider: 'cohere',
  rateLimitHeaders: COHERE_RATE_LIMIT_HEADERS,
  ...atPaths('/v2/chat'),
  accepts: (keys) => keys.has('model') && keys.has('messages'),
  requestKeys: REQUEST_KEYS,
  content: (limit) => new CohereChatContent(limit),
  readRequest,
  inputBytes: (body) => textBytes(body['messages']) + textBytes(body['documents']) + textBytes(body['tools']),
  readResponse,
  readEvent,
};

/**
 * Cohere Chat, version 1: JSON, and streams of newline-delimited JSON.
 * Source: types of cohere-ai 8.1 (`ChatRequest`, `NonStreamedChatResponse`, `StreamedChatResponse`).
 */
export const cohereChatV1: BuiltInFormat = {
  operation: 'chat',
  provider: 'cohere',
  rateLimitHeaders: COHERE_RATE_LIMIT_HEADERS,
  ...atPaths('/v1/chat'),
  // Applications have this path, too. Cohere's client always sends `stream`.
  accepts: (keys) => keys.has('message') && (keys.has('stream') || keys.has('model')),
  requestKeys: REQUEST_KEYS,
  content: (limit) => new CohereChatV1Content(limit),
  readRequest,
  inputBytes: (body) =>
    textBytes(body['message']) +
    textBytes(body['preamble']) +
    textBytes(body['chat_history']) +
    textBytes(body['documents']) +
    textBytes(body['tools']) +
    textBytes(body['tool_results']),
  readResponse: readResponseV1,
  readEvent: readEventV1,
};

function readRequest(body: JsonObject): RequestParameters {
  return {
    model: asString(body['model']),
    stream: asBoolean(body['stream']) ?? false,
    maxTokens: asNumber(body['max_tokens']) ?? undefined,
    temperature: asNumber(body['temperature']) ?? undefined,
    topP: asNumber(body['p']) ?? undefined,
    topK: asNumber(body['k']) ?? undefined,
    seed: asNumber(body['seed']) ?? undefined,
    frequencyPenalty: asNumber(body['frequency_penalty']) ?? undefined,
    presencePenalty: asNumber(body['presence_penalty']) ?? undefined,
    stopSequences: stopSequencesOf(body['stop_sequences']),
    outputType: outputTypeOf(body['response_format']),
    conversationId: asString(body['conversation_id']) ?? undefined,
  };
}

function readResponse(body: JsonObject, response: ResponseDraft): void {
  const message = asObject(body['message']);
  // The message of an error is a text.
  if (!message) return readError(body, response);
  response.id ??= asString(body['id']);
  readCohereUsage(asObject(body['usage']), response.usage);
  response.hasContent = isNonEmpty(message['content']) || isNonEmpty(message['tool_calls']);
  if (response.usage.outputTokens === null) response.outputBytes += messageBytes(message);
  readFinish(body['finish_reason'], response);
  response.complete = response.error === null;
}

function messageBytes(message: JsonObject): number {
  return textBytes(message['content']) + textBytes(message['tool_plan']) + textBytes(message['tool_calls']);
}

function readEvent(data: string, response: ResponseDraft): void {
  const event = asObject(parseJson(data));
  if (!event) return;
  const delta = asObject(event['delta']);
  switch (event['type']) {
    case 'message-start':
      response.id ??= asString(event['id']);
      return;
    case 'content-delta':
    case 'tool-plan-delta':
    case 'tool-call-start':
    case 'tool-call-delta':
      addOutput(messageBytes(asObject(delta?.['message']) ?? {}), response);
      return;
    case 'message-end':
      readCohereUsage(asObject(delta?.['usage']), response.usage);
      readFinish(delta?.['finish_reason'], response);
      if (delta?.['error']) response.error = readProviderError({ message: delta['error'] });
      response.hasContent ??= false;
      response.complete = response.error === null;
      return;
    case undefined:
      readError(event, response);
  }
}

/** Source: https://docs.cohere.com/reference/errors: `{ id, message }`. */
function readError(body: JsonObject, response: ResponseDraft): void {
  const message = asString(body['message']);
  if (message !== null) response.error = readProviderError({ ...body, message });
}

/** Source: types of cohere-ai 8.1 (`ChatFinishReason`, `FinishReason`). */
const FINISH: ReadonlyMap<string, FinishReason> = new Map([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['TOOL_CALL', 'tool_calls'],
  ['ERROR', 'error'],
  ['TIMEOUT', 'error'],
  ['ERROR_TOXIC', 'content_filter'],
  ['ERROR_LIMIT', 'context_window'],
  ['USER_CANCEL', 'cancelled'],
]);

function readFinish(value: unknown, response: ResponseDraft): void {
  const reason = asString(value);
  if (reason === null) return;
  response.finish = FINISH.get(reason) ?? finishOfWord(reason);
  response.finishReasons = [reason];
}

function readResponseV1(body: JsonObject, response: ResponseDraft): void {
  if (typeof body['text'] !== 'string') return readError(body, response);
  response.id ??= asString(body['response_id']) ?? asString(body['generation_id']);
  readCohereUsage(asObject(body['meta']), response.usage);
  const calls = asArray(body['tool_calls']);
  if (response.hasContent !== true) {
    response.hasContent = body['text'] !== '' || calls.length > 0 || isNonEmpty(body['search_queries']);
    response.outputBytes += textBytes(body['text']) + textBytes(calls);
  }
  readFinish(body['finish_reason'], response);
  // Version 1 ends tool calls as a complete response.
  if (calls.length > 0 && response.finish === 'stop') response.finish = 'tool_calls';
  response.complete = response.error === null;
}

function readEventV1(data: string, response: ResponseDraft): void {
  const event = asObject(parseJson(data));
  if (!event) return;
  switch (event['event_type']) {
    case 'stream-start':
      response.id ??= asString(event['generation_id']);
      return;
    case 'text-generation':
      addOutput(textBytes(event['text']), response);
      return;
    case 'tool-calls-chunk':
      addOutput(textBytes(event['text']) + textBytes(event['tool_call_delta']), response);
      return;
    case 'stream-end': {
      const whole = asObject(event['response']);
      if (whole) readResponseV1({ text: '', ...whole }, response);
      if (response.finish === null) readFinish(event['finish_reason'], response);
      response.complete = response.error === null;
      return;
    }
    case undefined:
      readError(event, response);
  }
}

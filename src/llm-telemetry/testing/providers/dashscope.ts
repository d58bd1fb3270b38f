import type { IncomingHttpHeaders } from 'node:http';
import {
  fullText,
  PLAIN_REQUEST,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from '../model/emulated-api.js';
import type { Tokenizer } from '../model/tokenizer.js';
import {
  countTexts,
  offeredFunction,
  otherPlatform,
  PLAIN_CHAT_FAULTS,
  readMessages,
} from './other-platform.js';

/** Source: https://www.alibabacloud.com/help/en/model-studio/error-code. */
export const alibaba = otherPlatform(
  'alibaba',
  ({ message, code }) => ({ code: code ?? 'InvalidParameter', message, request_id: 'ds' }),
  (requestId) => ({ 'x-request-id': requestId }),
);

/**
 * DashScope, the API of Alibaba Cloud Model Studio for text and for images. Source:
 * https://www.alibabacloud.com/help/en/model-studio/qwen-api-via-dashscope.
 */
export const dashscope: EmulatedApi = {
  ...alibaba,
  idPrefix: '',
  faultReplacements: PLAIN_CHAT_FAULTS,
  matches: (path) => /\/(?:text|multimodal)-generation\/generation$/.test(path),
  read,
  json: (generated) =>
    bodyOf(generated, fullText(generated), generated.outputTokens, FINISH[generated.finish] ?? 'stop'),
  events,
  streamError: (eventsSent) =>
    event(
      eventsSent + 1,
      'error',
      { code: 'InternalError.Algo', message: 'internal', request_id: 'ds' },
      500,
    ),
};

function read(
  body: Json,
  tokenizer: Tokenizer,
  path: string,
  headers: IncomingHttpHeaders,
): ModelRequest | string {
  const input = (body['input'] ?? {}) as Json;
  const parameters = (body['parameters'] ?? {}) as Json;
  const { prompt } = input;
  const messages =
    typeof prompt === 'string'
      ? { system: '', user: prompt, inputTokens: countTexts([prompt], tokenizer) }
      : readMessages(input['messages'], tokenizer);
  if (typeof body['model'] !== 'string' || messages === null)
    return 'Either "prompt" or "messages" must exist and cannot both be none';
  return {
    ...PLAIN_REQUEST,
    ...messages,
    model: body['model'],
    path,
    body,
    stream: headers['x-dashscope-sse'] === 'enable' || headers.accept === 'text/event-stream',
    maxTokens: Number(parameters['max_tokens'] ?? 2000),
    offeredTool: offeredFunction(parameters['tools']),
  };
}

const FINISH: Partial<Record<GeneratedResponse['finish'], string>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
};

/** @param reason - the text `null` before the end of a stream */
function bodyOf(generated: GeneratedResponse, text: string, outputTokens: number, reason: string): object {
  const { id, tool, request } = generated;
  const isMultimodal = request.path.includes('/multimodal-generation/');
  const call = {
    index: 0,
    id: `call_${id}`,
    type: 'function',
    function: { name: tool?.name, arguments: text },
  };
  const message = tool
    ? { role: 'assistant', content: '', tool_calls: [call] }
    : { role: 'assistant', content: isMultimodal ? [{ text }] : text };
  return {
    output: { choices: [{ finish_reason: reason, message }] },
    usage: {
      input_tokens: request.inputTokens,
      output_tokens: outputTokens,
      total_tokens: request.inputTokens + outputTokens,
    },
    request_id: id,
  };
}

/** Events contain all of the text so far, unless the request asks for increments. */
function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const { request, pieces, outputTokens } = generated;
  const isIncremental = (request.body['parameters'] as Json | undefined)?.['incremental_output'] === true;
  let text = '';
  let sent = 0;
  let id = 0;
  for (const piece of pieces) {
    text = isIncremental ? piece.text : text + piece.text;
    sent += piece.tokens;
    yield { text: event(++id, 'result', bodyOf(generated, text, sent, 'null')), tokens: piece.tokens };
  }
  const last = bodyOf(generated, isIncremental ? '' : text, outputTokens, FINISH[generated.finish] ?? 'stop');
  yield { text: event(id + 1, 'result', last), tokens: 0 };
}

function event(id: number, name: string, data: object, status = 200): string {
  return `id:${id}\nevent:${name}\n:HTTP_STATUS/${status}\ndata:${JSON.stringify(data)}\n\n`;
}

import {
  fullText,
  PLAIN_REQUEST,
  WITHOUT_TEXT,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from '../model/emulated-api.js';
import type { Tokenizer } from '../model/tokenizer.js';
import {
  offeredFunction,
  otherPlatform,
  PLAIN_CHAT_FAULTS,
  readMessages,
  readTexts,
} from './other-platform.js';

/** Errors are `{ id, message }`. Source: https://docs.cohere.com/reference/errors. */
export const cohere = otherPlatform(
  'cohere',
  ({ message }) => ({ id: 'error', message }),
  (requestId) => ({ 'x-debug-trace-id': requestId }),
);

interface SentTokens {
  readonly input_tokens: number;
  readonly output_tokens: number;
}

/** Tokens that Cohere adds to a prompt and does not bill. */
const PREAMBLE_TOKENS = 66;

/** Cohere Chat, version 2. Source: https://docs.cohere.com/reference/chat and chat-stream. */
export const cohereChat: EmulatedApi = {
  ...cohere,
  idPrefix: '',
  faultReplacements: PLAIN_CHAT_FAULTS,
  matches: (path) => path.endsWith('/v2/chat'),
  read: readChat,
  json: (generated) => ({
    id: generated.id,
    finish_reason: FINISH_REASONS[generated.finish] ?? 'COMPLETE',
    message: {
      role: 'assistant',
      ...(generated.tool ? toolCalls(generated) : contentOf(fullText(generated))),
    },
    usage: cohereUsage(generated),
  }),
  events: chatEvents,
  streamError: () =>
    event({ type: 'message-end', delta: { finish_reason: 'ERROR', error: 'internal server error' } }),
};

function readChat(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  const messages = readMessages(body['messages'], tokenizer);
  if (typeof body['model'] !== 'string' || messages === null) return 'invalid request: model and messages';
  const tool = offeredFunction(body['tools']);
  return {
    ...PLAIN_REQUEST,
    ...messages,
    model: body['model'],
    path,
    body,
    stream: body['stream'] === true,
    maxTokens: Number(body['max_tokens'] ?? Infinity),
    offeredTool: tool,
    tool: body['tool_choice'] === 'REQUIRED' ? tool : null,
  };
}

function contentOf(text: string): object {
  return { content: text === '' ? [] : [{ type: 'text', text }] };
}

function toolCalls(generated: GeneratedResponse): object {
  const fn = { name: generated.tool!.name, arguments: fullText(generated) };
  return { tool_calls: [{ id: `${generated.id}_call`, type: 'function', function: fn }] };
}

/** Members that report the usage. Tokens are counted with the preamble, which is not billed. */
export function cohereUsage(generated: GeneratedResponse): {
  readonly billed_units: SentTokens;
  readonly tokens: SentTokens;
} {
  const { inputTokens } = generated.request;
  return {
    billed_units: { input_tokens: inputTokens, output_tokens: generated.outputTokens },
    tokens: { input_tokens: inputTokens + PREAMBLE_TOKENS, output_tokens: generated.outputTokens },
  };
}

const FINISH_REASONS: Partial<Record<GeneratedResponse['finish'], string>> = {
  stop: 'COMPLETE',
  length: 'MAX_TOKENS',
  tool_calls: 'TOOL_CALL',
};

function event(data: { type: string; [member: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function* chatEvents(generated: GeneratedResponse): Iterable<StreamEvent> {
  const { tool, id } = generated;
  const part = (type: string, message?: object): string =>
    event({ type, index: 0, ...(message && { delta: { message } }) });
  yield {
    text: event({ type: 'message-start', id, delta: { message: { role: 'assistant', content: [] } } }),
    tokens: 0,
  };
  const call = tool && { id: `${id}_call`, type: 'function', function: { name: tool.name, arguments: '' } };
  yield {
    text: call
      ? part('tool-call-start', { tool_calls: call })
      : part('content-start', { content: { type: 'text', text: '' } }),
    tokens: 0,
  };
  for (const { text, tokens } of generated.pieces) {
    yield {
      text: tool
        ? part('tool-call-delta', { tool_calls: { function: { arguments: text } } })
        : part('content-delta', { content: { text } }),
      tokens,
    };
  }
  yield { text: part(tool ? 'tool-call-end' : 'content-end'), tokens: 0 };
  const delta = {
    finish_reason: FINISH_REASONS[generated.finish] ?? 'COMPLETE',
    usage: cohereUsage(generated),
  };
  yield { text: event({ type: 'message-end', delta }), tokens: 0 };
  yield { text: 'data: [DONE]\n\n', tokens: 0 };
}

/** Cohere Embed, versions 1 and 2. Source: https://docs.cohere.com/reference/embed. */
export const cohereEmbed: EmulatedApi = {
  ...cohere,
  ...WITHOUT_TEXT,
  idPrefix: '',
  matches: (path) => /\/v[12]\/embed$/.test(path),
  read: (body, tokenizer, path) => readTexts(body, 'texts', tokenizer, path),
  json: ({ id, request }) => {
    const texts = request.body['texts'] as string[];
    return {
      id,
      embeddings: { float: texts.map((text) => [text.length / 1000, 0.5]) },
      texts,
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: request.inputTokens } },
      response_type: 'embeddings_by_type',
    };
  },
};

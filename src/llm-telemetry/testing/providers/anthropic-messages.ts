import type Anthropic from '@anthropic-ai/sdk';
import type { FaultKind, FaultSpec } from '../faults.js';
import type { JsonReply } from '../http.js';
import type { Tokenizer } from '../tokenizer.js';
import { retryHeaders } from './openai-chat.js';
import {
  fullText,
  textOf,
  type Answer,
  type EmulatedApi,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from './provider.js';

type Message = Anthropic.Messages.Message;
type Event = Anthropic.Messages.RawMessageStreamEvent;

/**
 * Anthropic Messages. Source of the shapes: API reference, “Messages”, “Streaming Messages”, “Errors”; the compiler
 * checks them against the SDK's types.
 */
export const anthropicMessages: EmulatedApi = {
  provider: 'anthropic',
  requestIdHeader: 'request-id',
  matches: (path) => path.endsWith('/messages'),
  read,
  refuse,
  headers: (requestId) => ({
    'request-id': requestId,
    'anthropic-ratelimit-requests-limit': '4000',
    'anthropic-ratelimit-requests-remaining': '3999',
    'anthropic-ratelimit-tokens-limit': '400000',
    'anthropic-ratelimit-tokens-remaining': '399000',
  }),
  json,
  events,
  streamError: () =>
    sse('error', { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  has: (model) => model.startsWith('claude-'),
  model,
  models: (ids) => ({
    data: ids.map(model),
    has_more: false,
    first_id: ids.at(0) ?? null,
    last_id: ids.at(-1) ?? null,
  }),
  notFound: (message) => ({ type: 'error', error: { type: 'not_found_error', message } }),
};

function model(id: string): Anthropic.ModelInfo {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: '2025-10-15T00:00:00Z',
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
    retires_at: null,
  };
}

/** Tokens of a request's input, as `count_tokens` gives them. */
export function countInput(body: Json, tokenizer: Tokenizer): number {
  let tokens = 3 + tokenizer.count(textOf(body['system']));
  for (const message of (body['messages'] as Json[] | undefined) ?? [])
    tokens += 4 + tokenizer.count(textOf(message['content']));
  if (Array.isArray(body['tools'])) tokens += tokenizer.count(JSON.stringify(body['tools']));
  return tokens;
}

function read(body: Json, tokenizer: Tokenizer): ModelRequest | string {
  if (typeof body['model'] !== 'string') return 'model: Field required';
  if (!Array.isArray(body['messages']) || body['messages'].length === 0)
    return 'messages: at least one message is required';
  if (typeof body['max_tokens'] !== 'number') return 'max_tokens: Field required';
  const messages = body['messages'] as Json[];
  const last = messages.at(-1);
  const answersTool =
    Array.isArray(last?.['content']) &&
    (last['content'] as Json[]).some((block) => block['type'] === 'tool_result');
  return {
    model: body['model'],
    stream: body['stream'] === true,
    includeUsage: true,
    maxTokens: body['max_tokens'],
    system: textOf(body['system']),
    user: textOf(messages.findLast((message) => message['role'] === 'user')?.['content']),
    inputTokens: countInput(body, tokenizer),
    cacheablePrefix: markedPrefix(body, tokenizer),
    choices: 1,
    schema: wantedSchema(body),
    tool: answersTool ? null : forcedTool(body),
  };
}

/** Anthropic caches up to the block that is marked with `cache_control` (guide “Prompt caching”). */
function markedPrefix(body: Json, tokenizer: Tokenizer): ModelRequest['cacheablePrefix'] {
  const blocks = Array.isArray(body['system']) ? (body['system'] as Json[]) : [];
  const marked = blocks.findLastIndex((block) => block['cache_control'] !== undefined);
  if (marked < 0) return null;
  const key = textOf(blocks.slice(0, marked + 1));
  return { key, tokens: tokenizer.count(key) };
}

/** Guide “Structured outputs”: `output_config.format`. */
function wantedSchema(body: Json): unknown {
  const { format } = (body['output_config'] ?? {}) as { format?: { type?: string; schema?: unknown } | null };
  return format?.type === 'json_schema' ? format.schema : null;
}

function forcedTool(body: Json): ModelRequest['tool'] {
  const choice = body['tool_choice'] as { type?: string; name?: string } | undefined;
  if (choice?.type !== 'any' && choice?.type !== 'tool') return null;
  const tools = (body['tools'] as Array<{ name?: string; input_schema?: unknown }> | undefined) ?? [];
  const found = tools.find((tool) => choice.name === undefined || tool.name === choice.name);
  return found?.name === undefined ? null : { name: found.name, schema: found.input_schema };
}

function refuse(
  kind: FaultKind,
  fault: FaultSpec,
  { model, prompt }: { model: string; prompt: string },
): JsonReply {
  const error = (status: number, type: string, message: string): JsonReply => ({
    status,
    headers: retryHeaders(fault),
    body: { type: 'error', error: { type, message } },
  });
  switch (kind) {
    case 'rate_limit':
      return error(
        429,
        'rate_limit_error',
        'This request would exceed the rate limit of 50 requests per minute.',
      );
    case 'quota':
      return error(
        400,
        'invalid_request_error',
        'Your credit balance is too low to access the Anthropic API.',
      );
    case 'overloaded':
      return error(529, 'overloaded_error', 'Overloaded');
    case 'auth':
      return error(401, 'authentication_error', 'invalid x-api-key');
    case 'permission':
      return error(
        403,
        'permission_error',
        'Your API key does not have permission to use the specified resource.',
      );
    case 'not_found':
      return error(404, 'not_found_error', `model: ${model}`);
    case 'too_large':
      return error(413, 'request_too_large', 'Request exceeds the maximum size');
    case 'context_length':
      return error(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum');
    case 'blocked':
      return error(400, 'invalid_request_error', 'Output blocked by content filtering policy');
    case 'bad_request':
      return error(
        400,
        'invalid_request_error',
        `messages.0.content: invalid value "${prompt.slice(0, 200)}"`,
      );
    case 'html':
      return { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' };
    default:
      return error(500, 'api_error', 'Internal server error');
  }
}

function usage(answer: Answer, outputTokens: number): Message['usage'] {
  const { cachedInputTokens, cacheWriteTokens } = answer;
  return {
    input_tokens: answer.request.inputTokens - cachedInputTokens - cacheWriteTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation: { ephemeral_5m_input_tokens: cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}

const STOP_REASONS: Readonly<Record<Answer['finish'], NonNullable<Message['stop_reason']>>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  refusal: 'refusal',
};

function message(answer: Answer, content: Message['content'], complete: boolean): Message {
  return {
    id: answer.id,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content,
    container: null,
    stop_reason: complete ? STOP_REASONS[answer.finish] : null,
    stop_sequence: null,
    stop_details: null,
    diagnostics: null,
    usage: usage(answer, complete ? answer.outputTokens : 1),
  };
}

function json(answer: Answer): Message {
  const text = fullText(answer);
  if (answer.finish === 'tool_calls') {
    const input = JSON.parse(text) as Record<string, unknown>;
    return message(answer, [{ ...toolBlock(answer), input }], true);
  }
  return message(answer, text === '' ? [] : [{ type: 'text', text, citations: null }], true);
}

function toolBlock(answer: Answer): Anthropic.Messages.ToolUseBlock {
  return {
    type: 'tool_use',
    id: `toolu_${answer.id.slice(-12)}`,
    caller: { type: 'direct' },
    name: answer.request.tool?.name ?? '',
    input: {},
  };
}

function sse(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function* events(answer: Answer): Iterable<StreamEvent> {
  const event = (data: Event, tokens = 0): StreamEvent => ({ text: sse(data.type, data), tokens });
  const isTool = answer.finish === 'tool_calls';
  yield event({ type: 'message_start', message: message(answer, [], false) });
  yield event({
    type: 'content_block_start',
    index: 0,
    content_block: isTool ? toolBlock(answer) : { type: 'text', text: '', citations: null },
  });
  yield { text: sse('ping', { type: 'ping' }), tokens: 0 };
  for (const { text, tokens } of answer.pieces) {
    yield event(
      {
        type: 'content_block_delta',
        index: 0,
        delta: isTool ? { type: 'input_json_delta', partial_json: text } : { type: 'text_delta', text },
      },
      tokens,
    );
  }
  yield event({ type: 'content_block_stop', index: 0 });
  yield event({
    type: 'message_delta',
    delta: {
      container: null,
      stop_reason: STOP_REASONS[answer.finish],
      stop_sequence: null,
      stop_details: null,
    },
    usage: {
      input_tokens: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      output_tokens: answer.outputTokens,
      output_tokens_details: null,
      server_tool_use: null,
    },
  });
  yield event({ type: 'message_stop' });
}

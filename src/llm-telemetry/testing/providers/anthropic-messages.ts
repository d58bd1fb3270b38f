import type Anthropic from '@anthropic-ai/sdk';
import type { Tokenizer } from '../model/tokenizer.js';
import { contentBlocks } from './anthropic-content.js';
import { anthropicPlatform } from './anthropic-platform.js';
import { usage, usageAtEnd, usageAtStart } from './anthropic-usage.js';
import {
  namedEvent,
  PLAIN_REQUEST,
  textOf,
  type GeneratedResponse,
  type EmulatedApi,
  type Json,
  type ModelRequest,
  type StreamEvent,
  type Tool,
} from '../model/emulated-api.js';

type Message = Anthropic.Messages.Message;
type BetaMessage = Anthropic.Beta.Messages.BetaMessage;
/** Message with parts of the beta API: content blocks, and usage of several models. */
type SentMessage = Omit<Message, 'content' | 'usage'> & Pick<BetaMessage, 'content'> & { usage: object };
type Event = Exclude<
  Anthropic.Messages.RawMessageStreamEvent | Anthropic.Beta.Messages.BetaRawMessageStreamEvent,
  { type: 'message_start' | 'message_delta' }
>;
type MessageDelta = Omit<Anthropic.Messages.RawMessageDeltaEvent, 'usage'> & { usage: object };

/**
 * Anthropic Messages. Source: API reference, “Messages”, “Streaming Messages”; the compiler checks the objects against
 * the SDK's types.
 */
export const anthropicMessages: EmulatedApi = {
  ...anthropicPlatform,
  idPrefix: 'msg_',
  faultReplacements: { failed: 'server_error' },
  matches: (path) => path.endsWith('/messages'),
  read,
  json: (generated) =>
    message(
      generated,
      contentBlocks(generated).map(({ whole }) => whole),
      STOP_REASONS[generated.finish],
      usage(generated),
    ),
  events,
  streamError: () => namedEvent('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
};

/** Counts the input tokens of a request, as `count_tokens` does. */
export function countInput(body: Json, tokenizer: Tokenizer): number {
  let tokens = 3 + tokenizer.count(textOf(body['system']));
  for (const message of (body['messages'] as Json[] | undefined) ?? [])
    tokens += 4 + tokenizer.count(textOf(message['content']));
  if (Array.isArray(body['tools'])) tokens += tokenizer.count(JSON.stringify(body['tools']));
  return tokens;
}

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  if (typeof body['model'] !== 'string') return 'model: Field required';
  if (!Array.isArray(body['messages']) || body['messages'].length === 0)
    return 'messages: at least one message is required';
  if (typeof body['max_tokens'] !== 'number') return 'max_tokens: Field required';
  const messages = body['messages'] as Json[];
  const last = messages.at(-1);
  const hasToolResult =
    Array.isArray(last?.['content']) &&
    (last['content'] as Json[]).some((block) => block['type'] === 'tool_result');
  const tools = toolsOf(body);
  return {
    ...PLAIN_REQUEST,
    model: body['model'],
    path,
    body,
    stream: body['stream'] === true,
    maxTokens: body['max_tokens'],
    system: textOf(body['system']),
    user: textOf(messages.findLast((message) => message['role'] === 'user')?.['content']),
    inputTokens: countInput(body, tokenizer),
    cacheablePrefix: markedPrefix(body, tokenizer),
    schema: wantedSchema(body),
    tool: hasToolResult ? null : forcedTool(tools, body),
    offeredTool: hasToolResult ? null : (tools[0] ?? null),
    reasons: isThinking(body),
    searches: ((body['tools'] as Json[] | undefined) ?? []).some(({ type }) =>
      String(type).startsWith('web_search'),
    ),
  };
}

/** Returns the prefix up to the last block with `cache_control` (guide “Prompt caching”). */
function markedPrefix(body: Json, tokenizer: Tokenizer): ModelRequest['cacheablePrefix'] {
  const blocks = Array.isArray(body['system']) ? (body['system'] as Json[]) : [];
  const marked = blocks.findLastIndex((block) => block['cache_control'] !== undefined);
  if (marked < 0) return null;
  const key = textOf(blocks.slice(0, marked + 1));
  return { key, tokens: tokenizer.count(key) };
}

/** Source: guide “Structured outputs”, `output_config.format`. */
function wantedSchema(body: Json): unknown {
  const { format } = (body['output_config'] ?? {}) as { format?: { type?: string; schema?: unknown } | null };
  return format?.type === 'json_schema' ? format.schema : null;
}

/** Source: guides “Extended thinking” and “Adaptive thinking”. */
function isThinking(body: Json): boolean {
  const { type } = (body['thinking'] ?? {}) as { type?: string };
  return type === 'enabled' || type === 'adaptive';
}

/** Returns the tools run by the application. Tools of the provider have no schema. */
function toolsOf(body: Json): Tool[] {
  const tools = (body['tools'] as Array<{ name?: string; input_schema?: unknown }> | undefined) ?? [];
  return tools.flatMap(({ name, input_schema: schema }) =>
    name === undefined || schema === undefined ? [] : [{ name, schema }],
  );
}

function forcedTool(tools: readonly Tool[], body: Json): Tool | null {
  const choice = body['tool_choice'] as { type?: string; name?: string } | undefined;
  if (choice?.type !== 'any' && choice?.type !== 'tool') return null;
  return tools.find((tool) => choice.name === undefined || tool.name === choice.name) ?? null;
}

const STOP_REASONS: Readonly<Record<GeneratedResponse['finish'], NonNullable<Message['stop_reason']>>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  refusal: 'refusal',
  paused: 'pause_turn',
  // Messages has no equivalent.
  failed: 'end_turn',
};

function message(
  generated: GeneratedResponse,
  content: SentMessage['content'],
  stopReason: Message['stop_reason'],
  spent: object,
): SentMessage {
  return {
    id: generated.id,
    type: 'message',
    role: 'assistant',
    model: generated.model,
    content,
    container: null,
    stop_reason: stopReason,
    stop_sequence: null,
    stop_details: null,
    diagnostics: null,
    usage: spent,
  };
}

function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const event = (data: Event, tokens = 0): StreamEvent => ({ text: namedEvent(data.type, data), tokens });
  const started = { message: message(generated, [], null, usageAtStart(generated)) };
  yield { text: namedEvent('message_start', started), tokens: 0 };
  for (const [index, { start, deltas }] of contentBlocks(generated).entries()) {
    yield event({ type: 'content_block_start', index, content_block: start });
    if (index === 0) yield { text: namedEvent('ping', {}), tokens: 0 };
    for (const { delta, tokens } of deltas)
      yield event({ type: 'content_block_delta', index, delta }, tokens);
    yield event({ type: 'content_block_stop', index });
  }
  const ended: MessageDelta = {
    type: 'message_delta',
    delta: {
      container: null,
      stop_reason: STOP_REASONS[generated.finish],
      stop_sequence: null,
      stop_details: null,
    },
    usage: usageAtEnd(generated),
  };
  yield { text: namedEvent(ended.type, ended), tokens: 0 };
  yield event({ type: 'message_stop' });
}

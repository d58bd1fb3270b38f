import type OpenAI from 'openai';
import type { Tokenizer } from '../model/tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';
import {
  usedTier,
  automaticPrefix,
  countMessages,
  forcedTool,
  isReasoningModel,
  proxyCost,
} from './openai-request.js';
import {
  dataEvent,
  fullText,
  textOf,
  type GeneratedResponse,
  type EmulatedApi,
  type Json,
  type ModelRequest,
  PLAIN_REQUEST,
  type StreamEvent,
  type Tool,
} from '../model/emulated-api.js';

type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;
type Choice = ChatCompletion['choices'][number];
type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type ChunkChoice = Chunk['choices'][number];

/**
 * OpenAI Chat Completions. Source: API reference, “The chat completion object”, “The chat completion chunk object” and
 * “Error codes”; the compiler checks the objects against the SDK's types.
 */
export const openaiChat: EmulatedApi = {
  ...openaiPlatform,
  idPrefix: 'chatcmpl-',
  faultReplacements: { pause: 'none', failed: 'server_error' },
  matches: (path) => path.endsWith('/chat/completions'),
  read,
  json,
  events,
  streamError: () => dataEvent({ error: STREAM_ERROR }),
};

/** Mistral and OpenRouter report the usage of every stream, in its last chunk only (their API references, “Chat”). */
const ALWAYS_REPORTS_USAGE = /^(?:mistral|codestral)-|\//;

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  if (typeof body['model'] !== 'string') return 'you must provide a model parameter';
  if (!Array.isArray(body['messages']) || body['messages'].length === 0)
    return "'messages' must be a non-empty array";
  const messages = body['messages'] as Json[];
  const roles = (...wanted: string[]): Json[] =>
    messages.filter((message) => wanted.includes(String(message['role'])));
  const format = body['response_format'] as { type?: string; json_schema?: { schema?: unknown } } | undefined;
  const written = Array.isArray(body['tools']) ? (body['tools'] as Json[]) : [];
  const inputTokens = countMessages(messages, written, tokenizer);
  const tools = written.flatMap(toolOf);
  const choice = body['tool_choice'] as { function?: { name?: string } } | string | undefined;
  const hasToolResult = messages.at(-1)?.['role'] === 'tool';
  return {
    ...PLAIN_REQUEST,
    model: body['model'],
    path,
    body,
    stream: body['stream'] === true,
    includeUsage: (body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true,
    maxTokens: Number(body['max_completion_tokens'] ?? body['max_tokens'] ?? 4096),
    system: textOf(roles('system', 'developer')[0]?.['content']),
    user: textOf(roles('user').at(-1)?.['content']),
    inputTokens,
    cacheablePrefix: automaticPrefix(textOf(messages[0]?.['content']), inputTokens),
    choices: Number(body['n'] ?? 1),
    schema:
      format?.type === 'json_schema'
        ? format.json_schema?.schema
        : format?.type === 'json_object'
          ? { type: 'object' }
          : null,
    tool: hasToolResult
      ? null
      : forcedTool(tools, choice, typeof choice === 'object' ? choice.function?.name : undefined),
    offeredTool: hasToolResult ? null : (tools[0] ?? null),
    reasons: isReasoningModel(body['model']),
    serviceTier: usedTier(body),
  };
}

const FINGERPRINT = 'fp_emulator';

function toolOf(tool: Json): Tool[] {
  const { name, parameters } = (tool['function'] ?? {}) as { name?: string; parameters?: unknown };
  return name === undefined ? [] : [{ name, schema: parameters }];
}

function json(generated: GeneratedResponse): ChatCompletion {
  const { request, finish } = generated;
  const text = fullText(generated);
  const message: Choice['message'] =
    finish === 'tool_calls'
      ? {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [
            {
              id: `call_${generated.id.slice(-12)}`,
              type: 'function',
              function: { name: generated.tool?.name ?? '', arguments: text },
            },
          ],
        }
      : {
          role: 'assistant',
          content: finish === 'refusal' ? null : text,
          refusal: finish === 'refusal' ? text : null,
          annotations: [],
        };
  return {
    id: generated.id,
    object: 'chat.completion',
    created: generated.created,
    model: generated.model,
    system_fingerprint: FINGERPRINT,
    choices: Array.from({ length: request.choices }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: finishReason(finish),
    })),
    usage: usage(generated),
    service_tier: usedTier(request.body),
  };
}

const FINISH_REASONS: Readonly<Record<GeneratedResponse['finish'], Choice['finish_reason']>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
  // Only `message.refusal` shows it.
  refusal: 'stop',
  // Chat Completions has no equivalents.
  paused: 'stop',
  failed: 'stop',
};

function finishReason(finish: GeneratedResponse['finish']): Choice['finish_reason'] {
  return FINISH_REASONS[finish];
}

function usage(generated: GeneratedResponse): OpenAI.CompletionUsage & { cost?: number } {
  const completion = generated.outputTokens;
  return {
    prompt_tokens: generated.request.inputTokens,
    completion_tokens: completion,
    total_tokens: generated.request.inputTokens + completion,
    prompt_tokens_details: { cached_tokens: generated.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: generated.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    ...proxyCost(generated.proxyCostUsd),
  };
}

function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const { request, finish } = generated;
  const base = {
    id: generated.id,
    object: 'chat.completion.chunk' as const,
    created: generated.created,
    model: generated.model,
    service_tier: usedTier(request.body),
    system_fingerprint: FINGERPRINT,
  };
  const chunk = (choices: Chunk['choices'], total: OpenAI.CompletionUsage | null = null): string => {
    const body: Chunk = { ...base, choices, ...(request.includeUsage ? { usage: total } : {}) };
    return dataEvent(body);
  };
  const delta = (content: ChunkChoice['delta'], reason: ChunkChoice['finish_reason'] = null): string =>
    chunk([{ index: 0, delta: content, logprobs: null, finish_reason: reason }]);

  if (finish === 'tool_calls') {
    const call = { id: `call_${generated.id.slice(-12)}`, type: 'function' as const };
    yield {
      text: delta({
        role: 'assistant',
        content: null,
        tool_calls: [{ index: 0, ...call, function: { name: generated.tool?.name ?? '', arguments: '' } }],
      }),
      tokens: generated.reasoningTokens,
    };
    for (const { text, tokens } of generated.pieces)
      yield { text: delta({ tool_calls: [{ index: 0, function: { arguments: text } }] }), tokens };
  } else {
    const key = finish === 'refusal' ? 'refusal' : 'content';
    yield {
      text: delta({ role: 'assistant', content: finish === 'refusal' ? null : '', refusal: null }),
      tokens: generated.reasoningTokens,
    };
    for (const { text, tokens } of generated.pieces) yield { text: delta({ [key]: text }), tokens };
  }
  const last = { index: 0, delta: {}, logprobs: null, finish_reason: finishReason(finish) };
  const isUnasked = !request.includeUsage && ALWAYS_REPORTS_USAGE.test(request.model);
  yield {
    text: isUnasked ? dataEvent({ ...base, choices: [last], usage: usage(generated) }) : chunk([last]),
    tokens: 0,
  };
  if (request.includeUsage) yield { text: chunk([], usage(generated)), tokens: 0 };
  yield { text: 'data: [DONE]\n\n', tokens: 0 };
}

import type OpenAI from 'openai';
import type { Tokenizer } from '../tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';
import {
  answeringTier,
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
  type Answer,
  type EmulatedApi,
  type Json,
  type ModelRequest,
  PLAIN_REQUEST,
  type StreamEvent,
  type Tool,
} from './provider.js';

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
  insteadOf: { pause: 'none', failed: 'server_error' },
  matches: (path) => path.endsWith('/chat/completions'),
  read,
  json,
  events,
  streamError: () => dataEvent({ error: STREAM_ERROR }),
};

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
  const isAnswered = messages.at(-1)?.['role'] === 'tool';
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
    tool: isAnswered
      ? null
      : forcedTool(tools, choice, typeof choice === 'object' ? choice.function?.name : undefined),
    offeredTool: isAnswered ? null : (tools[0] ?? null),
    reasons: isReasoningModel(body['model']),
  };
}

function toolOf(tool: Json): Tool[] {
  const { name, parameters } = (tool['function'] ?? {}) as { name?: string; parameters?: unknown };
  return name === undefined ? [] : [{ name, schema: parameters }];
}

function json(answer: Answer): ChatCompletion {
  const { request, finish } = answer;
  const text = fullText(answer);
  const message: Choice['message'] =
    finish === 'tool_calls'
      ? {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [
            {
              id: `call_${answer.id.slice(-12)}`,
              type: 'function',
              function: { name: answer.tool?.name ?? '', arguments: text },
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
    id: answer.id,
    object: 'chat.completion',
    created: answer.created,
    model: answer.model,
    choices: Array.from({ length: request.choices }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: finishReason(finish),
    })),
    usage: usage(answer),
    service_tier: answeringTier(request.body),
  };
}

const FINISH_REASONS: Readonly<Record<Answer['finish'], Choice['finish_reason']>> = {
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

function finishReason(finish: Answer['finish']): Choice['finish_reason'] {
  return FINISH_REASONS[finish];
}

function usage(answer: Answer): OpenAI.CompletionUsage & { cost?: number } {
  const completion = answer.outputTokens;
  return {
    prompt_tokens: answer.request.inputTokens,
    completion_tokens: completion,
    total_tokens: answer.request.inputTokens + completion,
    prompt_tokens_details: { cached_tokens: answer.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: answer.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    ...proxyCost(answer.proxyCostUsd),
  };
}

function* events(answer: Answer): Iterable<StreamEvent> {
  const { request, finish } = answer;
  const base = {
    id: answer.id,
    object: 'chat.completion.chunk' as const,
    created: answer.created,
    model: answer.model,
    service_tier: answeringTier(request.body),
  };
  const chunk = (choices: Chunk['choices'], total: OpenAI.CompletionUsage | null = null): string => {
    const body: Chunk = { ...base, choices, ...(request.includeUsage ? { usage: total } : {}) };
    return dataEvent(body);
  };
  const delta = (content: ChunkChoice['delta'], reason: ChunkChoice['finish_reason'] = null): string =>
    chunk([{ index: 0, delta: content, logprobs: null, finish_reason: reason }]);

  if (finish === 'tool_calls') {
    const call = { id: `call_${answer.id.slice(-12)}`, type: 'function' as const };
    yield {
      text: delta({
        role: 'assistant',
        content: null,
        tool_calls: [{ index: 0, ...call, function: { name: answer.tool?.name ?? '', arguments: '' } }],
      }),
      tokens: answer.reasoningTokens,
    };
    for (const { text, tokens } of answer.pieces)
      yield { text: delta({ tool_calls: [{ index: 0, function: { arguments: text } }] }), tokens };
  } else {
    const key = finish === 'refusal' ? 'refusal' : 'content';
    yield {
      text: delta({ role: 'assistant', content: finish === 'refusal' ? null : '', refusal: null }),
      tokens: answer.reasoningTokens,
    };
    for (const { text, tokens } of answer.pieces) yield { text: delta({ [key]: text }), tokens };
  }
  yield { text: delta({}, finishReason(finish)), tokens: 0 };
  if (request.includeUsage) yield { text: chunk([], usage(answer)), tokens: 0 };
  yield { text: 'data: [DONE]\n\n', tokens: 0 };
}

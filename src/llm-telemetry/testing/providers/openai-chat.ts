import type OpenAI from 'openai';
import type { FaultKind, FaultSpec } from '../faults.js';
import type { JsonReply } from '../http.js';
import type { Tokenizer } from '../tokenizer.js';
import {
  fullText,
  textOf,
  type Answer,
  type EmulatedApi,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from './provider.js';

type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;
type Choice = ChatCompletion['choices'][number];
type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type ChunkChoice = Chunk['choices'][number];

/**
 * OpenAI Chat Completions. Source of the shapes: API reference, “The chat completion object”, “The chat completion
 * chunk object” and “Error codes”; the compiler checks them against the SDK's types.
 */
export const openaiChat: EmulatedApi = {
  provider: 'openai',
  requestIdHeader: 'x-request-id',
  matches: (path) => path.endsWith('/chat/completions'),
  read,
  refuse,
  headers: (requestId) => ({
    'x-request-id': requestId,
    'openai-version': '2020-10-01',
    'openai-processing-ms': '120',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-requests': '9999',
    'x-ratelimit-limit-tokens': '200000',
    'x-ratelimit-remaining-tokens': '199000',
  }),
  json,
  events,
  streamError: () =>
    `data: ${JSON.stringify({ error: { message: 'The server had an error while processing your request.', type: 'server_error', param: null, code: null } })}\n\n`,
  has: (model) => !model.startsWith('claude-'),
  model,
  models: (ids) => ({ object: 'list', data: ids.map(model) }),
  notFound: (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
};

function model(id: string): OpenAI.Model {
  return { id, object: 'model', created: 1_721_172_741, owned_by: 'system' };
}

function read(body: Json, tokenizer: Tokenizer): ModelRequest | string {
  if (typeof body['model'] !== 'string') return 'you must provide a model parameter';
  if (!Array.isArray(body['messages']) || body['messages'].length === 0)
    return "'messages' must be a non-empty array";
  const messages = body['messages'] as Json[];
  const roles = (...wanted: string[]): Json[] =>
    messages.filter((message) => wanted.includes(String(message['role'])));
  const format = body['response_format'] as { type?: string; json_schema?: { schema?: unknown } } | undefined;
  const tools = Array.isArray(body['tools']) ? (body['tools'] as Json[]) : [];
  // Source of the overhead: OpenAI cookbook, “How to count tokens with tiktoken”: 3 a message, 3 for the reply.
  let inputTokens = 3;
  for (const message of messages) inputTokens += 3 + 1 + tokenizer.count(textOf(message['content']));
  if (tools.length > 0) inputTokens += tokenizer.count(JSON.stringify(tools));
  return {
    model: body['model'],
    stream: body['stream'] === true,
    includeUsage: (body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true,
    maxTokens: Number(body['max_completion_tokens'] ?? body['max_tokens'] ?? 4096),
    system: textOf(roles('system', 'developer')[0]?.['content']),
    user: textOf(roles('user').at(-1)?.['content']),
    inputTokens,
    cacheablePrefix: automaticPrefix(messages, inputTokens),
    choices: Number(body['n'] ?? 1),
    schema:
      format?.type === 'json_schema'
        ? format.json_schema?.schema
        : format?.type === 'json_object'
          ? { type: 'object' }
          : null,
    tool: messages.at(-1)?.['role'] === 'tool' ? null : forcedTool(tools, body['tool_choice']),
  };
}

/** OpenAI caches prefixes of 1,024 tokens and more by itself, in steps of 128 (guide “Prompt caching”). */
function automaticPrefix(messages: readonly Json[], inputTokens: number): ModelRequest['cacheablePrefix'] {
  const tokens = Math.floor(inputTokens / 128) * 128;
  return tokens < 1024 ? null : { key: textOf(messages[0]?.['content']), tokens };
}

function forcedTool(tools: readonly Json[], choice: unknown): ModelRequest['tool'] {
  const named = (choice as { function?: { name?: string } } | undefined)?.function?.name;
  if (choice !== 'required' && named === undefined) return null;
  const functions = tools.map(
    (tool) => tool['function'] as { name?: string; parameters?: unknown } | undefined,
  );
  const found = functions.find((tool) => named === undefined || tool?.name === named);
  return found?.name === undefined ? null : { name: found.name, schema: found.parameters };
}

function refuse(
  kind: FaultKind,
  fault: FaultSpec,
  { model, prompt }: { model: string; prompt: string },
): JsonReply {
  const error = (status: number, type: string, code: string | null, message: string): JsonReply => ({
    status,
    headers: retryHeaders(fault),
    body: { error: { message, type, param: null, code } },
  });
  switch (kind) {
    case 'rate_limit':
      return error(
        429,
        'requests',
        'rate_limit_exceeded',
        `Rate limit reached for ${model} on requests per min (RPM): Limit 3, Used 3, Requested 1.`,
      );
    case 'quota':
      return error(
        429,
        'insufficient_quota',
        'insufficient_quota',
        'You exceeded your current quota, please check your plan and billing details.',
      );
    case 'overloaded':
      return error(
        503,
        'server_error',
        'server_overloaded',
        'The engine is currently overloaded, please try again later.',
      );
    case 'auth':
      return error(401, 'invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.');
    case 'permission':
      return error(403, 'invalid_request_error', null, `Project does not have access to model ${model}.`);
    case 'not_found':
      return error(
        404,
        'invalid_request_error',
        'model_not_found',
        `The model \`${model}\` does not exist or you do not have access to it.`,
      );
    case 'too_large':
      return error(413, 'invalid_request_error', null, 'Request too large.');
    case 'context_length':
      return error(
        400,
        'invalid_request_error',
        'context_length_exceeded',
        "This model's maximum context length is 128000 tokens.",
      );
    case 'blocked':
      return error(
        400,
        'invalid_request_error',
        'content_policy_violation',
        'Your request was rejected as a result of our safety system.',
      );
    case 'bad_request':
      // Providers quote what they reject: nothing of it may get into telemetry.
      return error(
        400,
        'invalid_request_error',
        null,
        `Invalid value in messages: "${prompt.slice(0, 200)}"`,
      );
    case 'html':
      return { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' };
    default:
      return error(
        500,
        'server_error',
        null,
        'The server had an error while processing your request. Sorry about that!',
      );
  }
}

export function retryHeaders({ retryAfter }: FaultSpec): Record<string, string> {
  if (retryAfter === undefined) return {};
  return {
    'retry-after': String(Math.ceil(retryAfter)),
    'retry-after-ms': String(Math.round(retryAfter * 1000)),
  };
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
              function: { name: request.tool?.name ?? '', arguments: text },
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
    service_tier: 'default',
  };
}

function finishReason(finish: Answer['finish']): Choice['finish_reason'] {
  return finish === 'refusal' ? 'stop' : finish;
}

function usage(answer: Answer): OpenAI.CompletionUsage {
  const completion = answer.outputTokens;
  return {
    prompt_tokens: answer.request.inputTokens,
    completion_tokens: completion,
    total_tokens: answer.request.inputTokens + completion,
    prompt_tokens_details: { cached_tokens: answer.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function* events(answer: Answer): Iterable<StreamEvent> {
  const { request, finish } = answer;
  const base = {
    id: answer.id,
    object: 'chat.completion.chunk' as const,
    created: answer.created,
    model: answer.model,
    service_tier: 'default' as const,
  };
  const chunk = (choices: Chunk['choices'], total: OpenAI.CompletionUsage | null = null): string => {
    const body: Chunk = { ...base, choices, ...(request.includeUsage ? { usage: total } : {}) };
    return `data: ${JSON.stringify(body)}\n\n`;
  };
  const delta = (content: ChunkChoice['delta'], reason: ChunkChoice['finish_reason'] = null): string =>
    chunk([{ index: 0, delta: content, logprobs: null, finish_reason: reason }]);

  if (finish === 'tool_calls') {
    const call = { id: `call_${answer.id.slice(-12)}`, type: 'function' as const };
    yield {
      text: delta({
        role: 'assistant',
        content: null,
        tool_calls: [{ index: 0, ...call, function: { name: request.tool?.name ?? '', arguments: '' } }],
      }),
      tokens: 0,
    };
    for (const { text, tokens } of answer.pieces)
      yield { text: delta({ tool_calls: [{ index: 0, function: { arguments: text } }] }), tokens };
  } else {
    const key = finish === 'refusal' ? 'refusal' : 'content';
    yield {
      text: delta({ role: 'assistant', content: finish === 'refusal' ? null : '', refusal: null }),
      tokens: 0,
    };
    for (const { text, tokens } of answer.pieces) yield { text: delta({ [key]: text }), tokens };
  }
  yield { text: delta({}, finishReason(finish)), tokens: 0 };
  if (request.includeUsage) yield { text: chunk([], usage(answer)), tokens: 0 };
  yield { text: 'data: [DONE]\n\n', tokens: 0 };
}

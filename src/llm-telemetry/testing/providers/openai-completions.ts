import type OpenAI from 'openai';
import type { Tokenizer } from '../tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';
import { countPrompts, promptsOf, proxyCost, textOfPrompts } from './openai-request.js';
import {
  dataEvent,
  fullText,
  PLAIN_REQUEST,
  type Answer,
  type EmulatedApi,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from './provider.js';

type Completion = OpenAI.Completion;
type Choice = OpenAI.CompletionChoice;

/** OpenAI Completions (legacy). Source: API reference, “Completions”, “The completion object”. */
export const openaiCompletions: EmulatedApi = {
  ...openaiPlatform,
  idPrefix: 'cmpl-',
  insteadOf: { tool: 'none', pause: 'none', failed: 'server_error' },
  matches: (path) => path.endsWith('/completions') && !path.endsWith('/chat/completions'),
  read,
  json,
  events,
  streamError: () => dataEvent({ error: STREAM_ERROR }),
};

/** Source: API reference, `max_tokens`. */
const DEFAULT_MAX_TOKENS = 16;

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  if (typeof body['model'] !== 'string') return 'you must provide a model parameter';
  const prompts = promptsOf(body['prompt']);
  if (prompts.length === 0) return "'prompt' must be a string or an array";
  return {
    ...PLAIN_REQUEST,
    model: body['model'],
    path,
    body,
    stream: body['stream'] === true,
    includeUsage: (body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true,
    maxTokens: Number(body['max_tokens'] ?? DEFAULT_MAX_TOKENS),
    user: textOfPrompts(prompts),
    inputTokens: countPrompts(prompts, tokenizer),
    choices: prompts.length * Number(body['n'] ?? 1),
  };
}

function completion(answer: Answer, choices: Choice[], usage?: OpenAI.CompletionUsage | null): Completion {
  const { id, created, model } = answer;
  return {
    id,
    object: 'text_completion',
    created,
    model,
    choices,
    // The provider sends `null` within a stream; the types only allow `undefined`.
    ...(usage === undefined ? {} : { usage: usage ?? (null as unknown as undefined) }),
  };
}

function choice(index: number, text: string, reason: Choice['finish_reason'] | null): Choice {
  // The provider sends `null` within a stream; the types omit it.
  return { text, index, logprobs: null, finish_reason: reason as Choice['finish_reason'] };
}

function json(answer: Answer): Completion {
  const text = fullText(answer);
  const choices = Array.from({ length: answer.request.choices }, (_, index) =>
    choice(index, text, FINISH_REASONS[answer.finish]),
  );
  return completion(answer, choices, usage(answer));
}

function usage(answer: Answer): OpenAI.CompletionUsage & { cost?: number } {
  const { inputTokens } = answer.request;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: answer.outputTokens,
    total_tokens: inputTokens + answer.outputTokens,
    ...proxyCost(answer.proxyCostUsd),
  };
}

const FINISH_REASONS: Readonly<Record<Answer['finish'], Choice['finish_reason']>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content_filter',
  // Completions has no equivalents; a refusal is plain text.
  refusal: 'stop',
  tool_calls: 'stop',
  paused: 'stop',
  failed: 'stop',
};

/** Streams the choices one after the other; the provider interleaves them. */
function* events(answer: Answer): Iterable<StreamEvent> {
  const { choices, includeUsage } = answer.request;
  const chunk = (pieces: Choice[], total: OpenAI.CompletionUsage | null = null): string =>
    dataEvent(completion(answer, pieces, includeUsage ? total : undefined));
  for (let index = 0; index < choices; index++) {
    for (const { text, tokens } of answer.pieces) yield { text: chunk([choice(index, text, null)]), tokens };
    yield { text: chunk([choice(index, '', FINISH_REASONS[answer.finish])]), tokens: 0 };
  }
  if (includeUsage) yield { text: chunk([], usage(answer)), tokens: 0 };
  yield { text: 'data: [DONE]\n\n', tokens: 0 };
}

import type OpenAI from 'openai';
import type { Tokenizer } from '../model/tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';
import { countPrompts, promptsOf, proxyCost, textOfPrompts } from './openai-request.js';
import {
  dataEvent,
  fullText,
  PLAIN_REQUEST,
  type GeneratedResponse,
  type EmulatedApi,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from '../model/emulated-api.js';

type Completion = OpenAI.Completion;
type Choice = OpenAI.CompletionChoice;

/** OpenAI Completions (legacy). Source: API reference, “Completions”, “The completion object”. */
export const openaiCompletions: EmulatedApi = {
  ...openaiPlatform,
  idPrefix: 'cmpl-',
  faultReplacements: { tool: 'none', pause: 'none', failed: 'server_error' },
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

function completion(
  generated: GeneratedResponse,
  choices: Choice[],
  usage?: OpenAI.CompletionUsage | null,
): Completion {
  const { id, created, model } = generated;
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

function json(generated: GeneratedResponse): Completion {
  const text = fullText(generated);
  const choices = Array.from({ length: generated.request.choices }, (_, index) =>
    choice(index, text, FINISH_REASONS[generated.finish]),
  );
  return completion(generated, choices, usage(generated));
}

function usage(generated: GeneratedResponse): OpenAI.CompletionUsage & { cost?: number } {
  const { inputTokens } = generated.request;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: generated.outputTokens,
    total_tokens: inputTokens + generated.outputTokens,
    ...proxyCost(generated.proxyCostUsd),
  };
}

const FINISH_REASONS: Readonly<Record<GeneratedResponse['finish'], Choice['finish_reason']>> = {
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
function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const { choices, includeUsage } = generated.request;
  const chunk = (pieces: Choice[], total: OpenAI.CompletionUsage | null = null): string =>
    dataEvent(completion(generated, pieces, includeUsage ? total : undefined));
  for (let index = 0; index < choices; index++) {
    for (const { text, tokens } of generated.pieces)
      yield { text: chunk([choice(index, text, null)]), tokens };
    yield { text: chunk([choice(index, '', FINISH_REASONS[generated.finish])]), tokens: 0 };
  }
  if (includeUsage) yield { text: chunk([], usage(generated)), tokens: 0 };
  yield { text: 'data: [DONE]\n\n', tokens: 0 };
}

import {
  fullText,
  PLAIN_REQUEST,
  tokensOf,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  type StreamEvent,
  type Tool,
} from '../model/emulated-api.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { cohere, cohereUsage } from './cohere.js';
import { countTexts, PLAIN_CHAT_FAULTS } from './other-platform.js';

interface SentToolCall {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

type Finish = 'COMPLETE' | 'MAX_TOKENS';

/** Responses and lines of streams. A test compares them with the types of the SDK. */
export interface SentCohereChatV1 {
  readonly text: string;
  readonly generation_id: string;
  readonly response_id: string;
  readonly finish_reason: Finish;
  readonly tool_calls?: readonly SentToolCall[];
  readonly chat_history: ReadonlyArray<{ readonly role: 'USER' | 'CHATBOT'; readonly message: string }>;
  readonly meta: { readonly api_version: { readonly version: string } } & ReturnType<typeof cohereUsage>;
}

export type SentCohereLineV1 =
  | { readonly event_type: 'stream-start'; readonly generation_id: string }
  | { readonly event_type: 'text-generation'; readonly text: string }
  | { readonly event_type: 'tool-calls-generation'; readonly tool_calls: readonly SentToolCall[] }
  | {
      readonly event_type: 'stream-end';
      readonly finish_reason: Finish;
      readonly response: SentCohereChatV1;
    };

/**
 * Cohere Chat, version 1: streams are lines of JSON. Sources: https://docs.cohere.com/v1/reference/chat and chat-stream;
 * types of cohere-ai 8 (`NonStreamedChatResponse`, `StreamedChatResponse`).
 */
export const cohereChatV1: EmulatedApi = {
  ...cohere,
  idPrefix: '',
  faultReplacements: PLAIN_CHAT_FAULTS,
  matches: (path, _, body) => path.endsWith('/v1/chat') && 'message' in body,
  read,
  json,
  events,
  eventStream: { contentType: 'application/stream+json', encode: (line) => Buffer.from(line) },
  streamError: () =>
    `${JSON.stringify({ is_finished: true, event_type: 'stream-end', finish_reason: 'ERROR' })}\n`,
};

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  const { message, preamble = '', chat_history: history = [], max_tokens: limit } = body;
  if (typeof message !== 'string') return 'invalid request: message must be at least 1 token long';
  const before = (history as ReadonlyArray<{ message?: string }>).map((one) => one.message ?? '');
  const tool = toolOf((body['tools'] as readonly Json[] | undefined)?.[0]);
  return {
    ...PLAIN_REQUEST,
    model: typeof body['model'] === 'string' ? body['model'] : DEFAULT_MODEL,
    path,
    body,
    stream: body['stream'] === true,
    maxTokens: Number(limit ?? Infinity),
    system: String(preamble),
    user: message,
    inputTokens: countTexts([preamble, ...before, message], tokenizer),
    offeredTool: body['tool_results'] === undefined ? tool : null,
  };
}

/** Source: https://docs.cohere.com/v1/reference/chat, `model`. */
const DEFAULT_MODEL = 'command-r-plus-08-2024';

/** Version 1 describes the parameters of a tool without a schema. */
function toolOf(tool: Json | undefined): Tool | null {
  if (tool === undefined) return null;
  const names = Object.keys((tool['parameter_definitions'] as object | undefined) ?? {});
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  return { name: String(tool['name']), schema: { type: 'object', properties, required: names } };
}

function finishOf({ finish }: GeneratedResponse): Finish {
  return finish === 'length' ? 'MAX_TOKENS' : 'COMPLETE';
}

function callsOf(generated: GeneratedResponse): readonly SentToolCall[] | null {
  const { tool, finish } = generated;
  if (!tool) return null;
  // Arguments that the token limit has cut off are not sent.
  const parameters = (finish === 'length' ? {} : JSON.parse(fullText(generated))) as Record<string, unknown>;
  return [{ name: tool.name, parameters }];
}

function json(generated: GeneratedResponse): SentCohereChatV1 {
  const calls = callsOf(generated);
  const text = calls ? '' : fullText(generated);
  return {
    response_id: `${generated.id}_response`,
    text,
    generation_id: generated.id,
    chat_history: [
      { role: 'USER', message: generated.request.user },
      { role: 'CHATBOT', message: text },
    ],
    finish_reason: finishOf(generated),
    ...(calls && { tool_calls: calls }),
    meta: { api_version: { version: '1' }, ...cohereUsage(generated) },
  };
}

function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const line = (data: SentCohereLineV1, tokens = 0): StreamEvent => ({
    text: `${JSON.stringify({ is_finished: data.event_type === 'stream-end', ...data })}\n`,
    tokens,
  });
  const { pieces } = generated;
  yield line({ event_type: 'stream-start', generation_id: generated.id });
  const calls = callsOf(generated);
  if (calls) yield line({ event_type: 'tool-calls-generation', tool_calls: calls }, tokensOf(pieces));
  else for (const { text, tokens } of pieces) yield line({ event_type: 'text-generation', text }, tokens);
  yield line({
    event_type: 'stream-end',
    finish_reason: finishOf(generated),
    response: json(generated),
  });
}

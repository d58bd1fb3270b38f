import type { Tokenizer } from '../model/tokenizer.js';
import { reasons } from './gemini.js';
import { googlePlatform } from './google-platform.js';
import {
  fullText,
  PLAIN_REQUEST,
  textOf,
  tokensOf,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  type StreamEvent,
  type Tool,
} from '../model/emulated-api.js';

/** An interaction. A test compares it with the types of the SDK. */
export interface SentInteraction {
  readonly id: string;
  readonly model: string;
  readonly status:
    'in_progress' | 'completed' | 'requires_action' | 'incomplete' | 'requires_continuation' | 'failed';
  readonly steps?: SentStep[];
  readonly usage?: SentUsage;
  readonly continuation_token?: string;
  readonly errors?: Array<{ readonly code: string; readonly message: string }>;
}

type SentStep =
  | {
      readonly type: 'model_output';
      readonly content: Array<{ readonly type: 'text'; readonly text: string }>;
    }
  | {
      readonly type: 'function_call';
      readonly id: string;
      readonly name: string;
      readonly arguments: Record<string, unknown>;
    };

interface SentUsage {
  readonly total_input_tokens: number;
  readonly total_cached_tokens: number;
  readonly total_output_tokens: number;
  readonly total_thought_tokens: number;
  readonly total_tokens: number;
  readonly grounding_tool_count?: Array<{ readonly type: 'google_search'; readonly count: number }>;
}

/** Gemini Interactions: JSON and streamed. Source: types of @google/genai 3 (`Interaction`, `InteractionSSEEvent`). */
export const geminiInteractions: EmulatedApi = {
  ...googlePlatform,
  idPrefix: 'int_',
  faultReplacements: { blocked: 'bad_request', refuse: 'none', filter: 'failed' },
  reject: (kind, fault, request) => {
    const reply = googlePlatform.reject(kind, fault, request);
    if (kind !== 'rate_limit' && kind !== 'quota') return reply;
    // The code is a word.
    return { ...reply, body: { error: { code: 'too_many_requests', message: 'Quota exceeded.' } } };
  },
  matches: (path) => path.endsWith('/interactions'),
  read,
  json: interaction,
  events,
  streamError: () => event('error', { error: { code: 'too_many_requests', message: 'Quota exceeded.' } }),
};

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  const { model, input } = body;
  if (typeof model !== 'string') return 'model is required';
  if (input === undefined && body['continuation_token'] === undefined) return 'input is required';
  const items = Array.isArray(input) ? (input as Json[]) : [input];
  const system = textOf(body['system_instruction']);
  const user = items.map((item) => textOf(typeof item === 'string' ? item : [item])).join('\n');
  const declared = (Array.isArray(body['tools']) ? (body['tools'] as Json[]) : []).filter(
    ({ type }) => type === 'function',
  );
  const tools = declared.map(({ name, parameters }): Tool => ({ name: String(name), schema: parameters }));
  const config = (body['generation_config'] ?? {}) as Json;
  const hasToolResult = items.some((item) => (item as Json | undefined)?.['type'] === 'function_result');
  return {
    ...PLAIN_REQUEST,
    model: model.replace(/^models\//, ''),
    path,
    body,
    stream: body['stream'] === true,
    maxTokens: Number(config['max_output_tokens'] ?? 8192),
    system,
    user,
    inputTokens:
      4 +
      tokenizer.count(system) +
      tokenizer.count(user) +
      (declared.length === 0 ? 0 : tokenizer.count(JSON.stringify(declared))),
    tool: hasToolResult || config['tool_choice'] !== 'any' ? null : (tools[0] ?? null),
    offeredTool: hasToolResult ? null : (tools[0] ?? null),
    reasons: reasons(model),
    searches: JSON.stringify(body['tools'] ?? '').includes('"google_search"'),
  };
}

const STATUSES = {
  stop: 'completed',
  tool_calls: 'requires_action',
  length: 'incomplete',
  content_filter: 'failed',
  refusal: 'completed',
  paused: 'requires_continuation',
  failed: 'failed',
} as const satisfies Record<GeneratedResponse['finish'], SentInteraction['status']>;

function interaction(generated: GeneratedResponse): SentInteraction {
  const { id, model, finish } = generated;
  return {
    id,
    model,
    status: STATUSES[finish],
    ...(finish === 'failed'
      ? { errors: [{ code: 'internal', message: 'An internal error has occurred.' }] }
      : { steps: steps(generated), usage: usage(generated) }),
    ...(finish === 'paused' ? { continuation_token: `continue-${id}` } : {}),
  };
}

function steps(generated: GeneratedResponse): SentStep[] {
  const text = fullText(generated);
  if (generated.finish !== 'tool_calls')
    return text === '' ? [] : [{ type: 'model_output', content: [{ type: 'text', text }] }];
  const name = generated.tool?.name ?? '';
  const args = JSON.parse(text) as Record<string, unknown>;
  return [{ type: 'function_call', id: `call_${generated.id}`, name, arguments: args }];
}

function usage({ request, ...generated }: GeneratedResponse): SentUsage {
  return {
    total_input_tokens: request.inputTokens,
    total_cached_tokens: generated.cachedInputTokens,
    total_output_tokens: generated.outputTokens - generated.reasoningTokens,
    total_thought_tokens: generated.reasoningTokens,
    total_tokens: request.inputTokens + generated.outputTokens,
    ...(generated.webSearches > 0
      ? { grounding_tool_count: [{ type: 'google_search', count: generated.webSearches }] }
      : {}),
  };
}

function* events(generated: GeneratedResponse): Iterable<StreamEvent> {
  const { id, model, finish, pieces, reasoningTokens } = generated;
  const whole = interaction(generated);
  yield {
    text: event('interaction.created', { interaction: { id, model, status: 'in_progress' } }),
    tokens: reasoningTokens,
  };
  const [first] = whole.steps ?? [];
  if (finish === 'tool_calls' && first?.type === 'function_call') {
    const { id: callId, name, type } = first;
    yield {
      text: event('step.start', { index: 0, step: { type, id: callId, name, arguments: {} } }),
      tokens: 0,
    };
    const delta = { type: 'arguments_delta', arguments: JSON.stringify(first.arguments) };
    yield { text: event('step.delta', { index: 0, delta }), tokens: tokensOf(pieces) };
  } else if (pieces.length > 0) {
    yield { text: event('step.start', { index: 0, step: { type: 'model_output' } }), tokens: 0 };
    for (const { text, tokens } of pieces)
      yield { text: event('step.delta', { index: 0, delta: { type: 'text', text } }), tokens };
  }
  if (pieces.length > 0) yield { text: event('step.stop', { index: 0 }), tokens: 0 };
  const { steps: _, errors, ...state } = whole;
  if (errors) yield { text: event('error', { error: errors[0] }), tokens: 0 };
  else yield { text: event('interaction.completed', { interaction: state }), tokens: 0 };
  yield { text: 'event: done\ndata: [DONE]\n\n', tokens: 0 };
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ event_type: type, ...data })}\n\n`;
}

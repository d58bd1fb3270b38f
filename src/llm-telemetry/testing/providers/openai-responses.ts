import { Latest } from '../model/latest.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';
import { automaticPrefix, countMessages, forcedTool, isReasoningModel, usedTier } from './openai-request.js';
import { responseEvents, streamErrorEvent } from './openai-response-events.js';
import { compactedResponse, responseObject } from './openai-response-object.js';
import {
  PLAIN_REQUEST,
  textOf,
  WITHOUT_TEXT,
  type EmulatedApi,
  type Json,
  type ModelRequest,
  type Tool,
} from '../model/emulated-api.js';

/**
 * OpenAI Responses. Source: API reference, “Responses” and “Streaming events”; guides “Background mode” and
 * “Conversation state”. Each emulator has its own store of responses.
 */
export function openaiResponses(): readonly [responses: EmulatedApi, compaction: EmulatedApi] {
  const stored = new Latest<StoredResponse>(1000);
  const responses: EmulatedApi = {
    ...openaiPlatform,
    idPrefix: 'resp_',
    faultReplacements: { pause: 'none' },
    matches: (path) => path.endsWith('/responses'),
    read: (body, tokenizer, path) => read(body, tokenizer, path, stored),
    json: (generated) =>
      generated.request.body['background'] === true
        ? responseObject(generated, 'queued')
        : responseObject(generated, 'ended'),
    events: responseEvents,
    streamError: (eventsSent) => streamErrorEvent(STREAM_ERROR.message, eventsSent),
    store: (generated) => {
      if (generated.request.body['store'] === false) return;
      stored.add(generated.id, {
        model: generated.request.model,
        contextTokens: generated.request.inputTokens + generated.outputTokens,
        body: responseObject(generated, 'ended'),
      });
    },
    retrieve: (path) => stored.find(/\/responses\/([^/]+)$/.exec(path)?.[1] ?? '')?.body ?? null,
  };
  return [responses, compaction(responses)];
}

/** Compacts a conversation. Source: API reference, “Compact a response”; types of openai 7 (`CompactedResponse`). */
function compaction({ read: readResponse, idPrefix }: EmulatedApi): EmulatedApi {
  return {
    ...openaiPlatform,
    ...WITHOUT_TEXT,
    idPrefix,
    matches: (path) => path.endsWith('/responses/compact'),
    read: (body, ...context) => readResponse({ ...body, stream: false, tools: [] }, ...context),
    compose: ({ user }, tokenizer) => tokenizer.pieces(user, 200),
    json: compactedResponse,
  };
}

/** Model of prompt templates stored at the provider. */
const MODEL_OF_TEMPLATES = 'gpt-4o-mini';

function read(
  body: Json,
  tokenizer: Tokenizer,
  path: string,
  stored: Latest<StoredResponse>,
): ModelRequest | string {
  const previousId = body['previous_response_id'];
  const previous = typeof previousId === 'string' ? stored.find(previousId) : undefined;
  if (typeof previousId === 'string' && !previous)
    return `Previous response with id '${previousId}' not found.`;
  const isKnown = Boolean(body['prompt']) || Boolean(body['conversation']);
  const model = body['model'] ?? previous?.model ?? (isKnown ? MODEL_OF_TEMPLATES : undefined);
  if (typeof model !== 'string') return "Missing required parameter: 'model'.";
  if (body['input'] === undefined && !isKnown) return "Missing required parameter: 'input'.";

  const items = itemsOf(body['input']);
  const instructions = textOf(body['instructions']);
  const written = Array.isArray(body['tools']) ? (body['tools'] as Json[]) : [];
  const messages = instructions === '' ? items : [{ role: 'system', content: instructions }, ...items];
  const inputTokens = (previous?.contextTokens ?? 0) + countMessages(messages, written, tokenizer);
  const system = messages.find(({ role }) => role === 'system' || role === 'developer');
  const tools = written.flatMap(toolOf);
  const choice = body['tool_choice'] as { name?: string } | string | undefined;
  const hasToolResult = items.at(-1)?.['type'] === 'function_call_output';
  return {
    ...PLAIN_REQUEST,
    model,
    path,
    body,
    stream: body['stream'] === true,
    maxTokens: Number(body['max_output_tokens'] ?? 4096),
    system: textOf(system?.['content']),
    user: textOf(items.findLast((item) => item['role'] === 'user')?.['content']),
    inputTokens,
    cacheablePrefix: automaticPrefix(textOf(messages[0]?.['content']), inputTokens),
    schema: wantedSchema(body),
    tool: hasToolResult
      ? null
      : forcedTool(tools, choice, typeof choice === 'object' ? choice.name : undefined),
    offeredTool: hasToolResult ? null : (tools[0] ?? null),
    reasons: isReasoningModel(model),
    serviceTier: usedTier(body),
    searches: written.some((tool) => String(tool['type']).startsWith('web_search')),
  };
}

function itemsOf(input: unknown): readonly Json[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return Array.isArray(input) ? (input as Json[]) : [];
}

function toolOf({ type, name, parameters }: Json): Tool[] {
  return type === 'function' && typeof name === 'string' ? [{ name, schema: parameters }] : [];
}

/** Source: guide “Structured outputs”, `text.format`. */
function wantedSchema(body: Json): unknown {
  const { format } = (body['text'] ?? {}) as { format?: { type?: string; schema?: unknown } };
  if (format?.type === 'json_schema') return format.schema;
  return format?.type === 'json_object' ? { type: 'object' } : null;
}

/** Response stored at the provider, for `previous_response_id` and GET. */
interface StoredResponse {
  readonly model: string;
  /** Tokens of the conversation, including this response. */
  readonly contextTokens: number;
  /** Body of a GET. */
  readonly body: object;
}

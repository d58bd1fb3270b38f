import { MistralConversationContent } from '../content/mistral.content.js';
import {
  asBoolean,
  asCount,
  asNumber,
  asObject,
  asString,
  parseJson,
  type JsonObject,
} from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import type { ResponseDraft } from '../response-draft.js';
import type { BuiltInFormat, RequestParameters } from './format.js';
import { MISTRAL_RATE_LIMIT_HEADERS, readMistralError } from './mistral-completions.js';
import { outputTypeOf, stopSequencesOf } from './request-parts.js';
import { readProviderError } from '../dialects/error-body.js';
import { addOutput } from './response-parts.js';

/**
 * Mistral Conversations: start, append and restart. A response has one usage for all its steps, those of connectors
 * included. Source: types of @mistralai/mistralai 2.7 (`ConversationRequest`, `ConversationResponse`,
 * `ConversationEvents`); https://docs.mistral.ai/agents/connectors/websearch.
 */
export const mistralConversations: BuiltInFormat = {
  operation: 'chat',
  provider: 'mistral_ai',
  rateLimitHeaders: MISTRAL_RATE_LIMIT_HEADERS,
  pathEndings: ['/conversations', '/restart'],
  beforeId: '/conversations',
  matches: (path) => PATH.test(path),
  // OpenAI's conversations have this path, too: requests to them have no `inputs`.
  accepts: (keys) => keys.has('inputs') || keys.has('tool_confirmations') || keys.has('from_entry_id'),
  requestKeys: new Set(['model', 'stream', 'completion_args']),
  content: (limit) => new MistralConversationContent(limit),
  readRequest,
  inputBytes,
  readResponse,
  readEvent,
};

const PATH = /\/conversations(?:\/([^/]+)(?:\/restart)?)?$/;

function readRequest(body: JsonObject, url: string): RequestParameters {
  const args = asObject(body['completion_args']);
  return {
    model: asString(body['model']),
    stream: asBoolean(body['stream']) ?? false,
    maxTokens: asNumber(args?.['max_tokens']) ?? undefined,
    temperature: asNumber(args?.['temperature']) ?? undefined,
    topP: asNumber(args?.['top_p']) ?? undefined,
    frequencyPenalty: asNumber(args?.['frequency_penalty']) ?? undefined,
    presencePenalty: asNumber(args?.['presence_penalty']) ?? undefined,
    seed: asNumber(args?.['random_seed']) ?? undefined,
    stopSequences: stopSequencesOf(args?.['stop']),
    reasoningEffort: asString(args?.['reasoning_effort']) ?? undefined,
    outputType: outputTypeOf(args?.['response_format']),
    conversationId: PATH.exec(url)?.[1],
  };
}

/** Returns `null` if the provider stores a part of the input: an agent, or earlier entries. */
function inputBytes(body: JsonObject): number | null {
  if (body['model'] === undefined) return null;
  return textBytes(body['instructions']) + textBytes(body['inputs']) + textBytes(body['tools']);
}

function readResponse(body: JsonObject, response: ResponseDraft): void {
  if (!Array.isArray(body['outputs'])) {
    readMistralError(body, response);
    return;
  }
  for (const entry of body['outputs']) {
    const output = asObject(entry);
    if (!output) continue;
    readOutput(output, response);
    response.outputBytes += textBytes(output['content']) + textBytes(output['arguments']);
  }
  response.hasContent = body['outputs'].length > 0;
  readUsage(asObject(body['usage']), response);
  response.complete = true;
}

/** Reads the id, the model and the kind of an output, or of an event of it. The last output decides. */
function readOutput(output: JsonObject, response: ResponseDraft): void {
  response.id = asString(output['id']) ?? response.id;
  response.model = asString(output['model']) ?? response.model;
  response.finish = asString(output['type'])?.startsWith('function.call') ? 'tool_calls' : 'stop';
}

function readEvent(data: string, response: ResponseDraft): void {
  const event = asObject(parseJson(data));
  if (!event) return;
  if (readMistralError(event, response)) return;
  switch (event['type']) {
    case 'conversation.response.started':
      return;
    case 'conversation.response.done':
      readUsage(asObject(event['usage']), response);
      response.hasContent ??= false;
      response.complete = true;
      return;
    case 'conversation.response.error':
      response.error = readProviderError(event);
      return;
    default:
      readOutput(event, response);
      addOutput(textBytes(event['content']) + textBytes(event['arguments']), response);
  }
}

/**
 * Reads the usage. The results of connectors are input of the model that may only be part of the total: 188 prompt, 55
 * completion and 7112 connector tokens are 7355 in the provider's example.
 */
function readUsage(usage: JsonObject | null, { usage: draft }: ResponseDraft): void {
  if (!usage) return;
  draft.inputTokens = asCount(usage['prompt_tokens']);
  draft.outputTokens = asCount(usage['completion_tokens']);
  draft.cachedInputTokens = asCount(usage['num_cached_tokens']) ?? 0;
  draft.totalTokens = asCount(usage['total_tokens']);
  draft.toolInputTokens = asCount(usage['connector_tokens']) ?? 0;
  const uses: Record<string, number> = {};
  for (const [connector, count] of Object.entries(asObject(usage['connectors']) ?? {})) {
    if (connector === 'web_search') draft.webSearchRequests = asCount(count) ?? 0;
    else if (BILLED_CONNECTORS.has(connector)) uses[connector] = asCount(count) ?? 0;
  }
  if (Object.keys(uses).length > 0) draft.toolUses = uses;
}

/** Built-in connectors that are billed per use; the user's own connectors are not. Source: https://mistral.ai/pricing. */
const BILLED_CONNECTORS = new Set(['web_search_premium', 'code_interpreter', 'image_generation']);

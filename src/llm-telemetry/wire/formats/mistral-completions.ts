import { ChatCompletionsContent } from '../content/chat-completions.content.js';
import { MistralFimContent } from '../content/mistral.content.js';
import { asNumber, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { chatCompletions } from './chat-completions.js';
import type { ResponseDraft } from '../response-draft.js';
import { atPaths, type BuiltInFormat } from './format.js';
import { readProviderError } from '../dialects/error-body.js';

/** Limits of an API key by minute. Source: response headers of api.mistral.ai, November 2026. */
export const MISTRAL_RATE_LIMIT_HEADERS = [
  'x-ratelimit-remaining-req-minute',
  'x-ratelimit-remaining-tokens-minute',
];

const COMPLETIONS = {
  ...chatCompletions,
  provider: 'mistral_ai',
  rateLimitHeaders: MISTRAL_RATE_LIMIT_HEADERS,
  requestKeys: new Set([...chatCompletions.requestKeys, 'random_seed']),
  readRequest: (body, url, headers) => ({
    ...chatCompletions.readRequest(body, url, headers),
    seed: asNumber(body['random_seed']) ?? undefined,
  }),
} as const satisfies Partial<BuiltInFormat>;

/**
 * Mistral Agents (legacy): Chat Completions with an agent instead of a model. The response names the model.
 * Source: types of @mistralai/mistralai 2.7 (`AgentsCompletionRequest`).
 */
export const mistralAgents: BuiltInFormat = {
  ...COMPLETIONS,
  ...atPaths('/agents/completions'),
  accepts: (keys) => keys.has('agent_id') && keys.has('messages'),
  content: (limit) => new ChatCompletionsContent(limit),
};

/**
 * Mistral's completion of code between a prompt and a suffix, with responses of Chat Completions.
 * Source: types of @mistralai/mistralai 2.7 (`FIMCompletionRequest`, `FIMCompletionResponse`).
 */
export const mistralFim: BuiltInFormat = {
  ...COMPLETIONS,
  operation: 'text_completion',
  ...atPaths('/fim/completions'),
  accepts: (keys) => keys.has('prompt') && keys.has('model'),
  content: (limit) => new MistralFimContent(limit),
  inputBytes: (body) => textBytes(body['prompt']) + textBytes(body['suffix']),
};

/**
 * Reads an error: a body that has the members of an error object itself, or a list of problems of the request in
 * `detail`. Returns `false` for other bodies. Source: types of @mistralai/mistralai 2.7 (`errors`).
 */
export function readMistralError(body: JsonObject, response: ResponseDraft): boolean {
  const isError = body['object'] === 'error' || body['detail'] !== undefined;
  if (!isError && !body['error']) return false;
  response.error = readProviderError(body['error'] ?? body);
  return true;
}

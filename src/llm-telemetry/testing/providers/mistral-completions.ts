import type { EmulatedApi, GeneratedResponse } from '../model/emulated-api.js';
import { mergeUsage } from '../dialects/usage-places.js';
import { mistralPlatform, STORED_MODEL } from './mistral-platform.js';
import { openaiChat } from './openai-chat.js';
import { PLAIN_CHAT_FAULTS } from './other-platform.js';

/** Chat Completions of Mistral: the last chunk of a stream has the usage, even if it is not requested. */
const COMPLETIONS = {
  ...openaiChat,
  ...mistralPlatform,
  idPrefix: 'cmpl-',
  faultReplacements: PLAIN_CHAT_FAULTS,
  json: (generated) => ({ ...(openaiChat.json(generated) as object), usage: usage(generated) }),
  events: (generated) => mergeUsage(openaiChat.events(generated)),
} satisfies EmulatedApi;

function usage({ request: { inputTokens }, outputTokens }: GeneratedResponse): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

/** Mistral Agents (legacy). Source: types of @mistralai/mistralai 2.7 (`AgentsCompletionRequest`). */
export const mistralAgents: EmulatedApi = {
  ...COMPLETIONS,
  matches: (path) => path.endsWith('/agents/completions'),
  read(body, ...context) {
    if (typeof body['agent_id'] !== 'string') return 'agent_id is required';
    const read = openaiChat.read({ ...body, model: STORED_MODEL }, ...context);
    return typeof read === 'string' ? read : { ...read, includeUsage: true };
  },
};

/** Mistral's completion of code. Source: types of @mistralai/mistralai 2.7 (`FIMCompletionRequest`). */
export const mistralFim: EmulatedApi = {
  ...COMPLETIONS,
  matches: (path) => path.endsWith('/fim/completions'),
  read(body, ...context) {
    const { prompt, suffix } = body;
    if (typeof prompt !== 'string') return 'prompt is required';
    const content = typeof suffix === 'string' ? `${prompt}\n${suffix}` : prompt;
    const read = openaiChat.read({ ...body, messages: [{ role: 'user', content }] }, ...context);
    return typeof read === 'string' ? read : { ...read, includeUsage: true };
  },
};

import { asArray, asNumber, asObject, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { chatCompletions } from './chat-completions.js';
import { envelopedChat } from './enveloped-chat.js';
import type { BuiltInFormat } from './format.js';
import { responses } from './responses.js';
import { atModel, modelIn, resultOf } from './workers-ai-parts.js';

/**
 * Language models of Cloudflare Workers AI. The result of a response, and the events of a stream, have the shape of Workers
 * AI or that of OpenAI, depending on the model. Source: source of the package workers-ai-provider.
 */
const CHAT = {
  ...envelopedChat({ request: toMessages, response: toChat, event: toChunk }),
  ...atModel(),
  requestKeys: new Set([...chatCompletions.requestKeys, 'top_k']),
  readRequest: (body, url, headers) => ({
    ...chatCompletions.readRequest({ ...body, model: modelIn(url) }, url, headers),
    topK: asNumber(body['top_k']) ?? undefined,
  }),
} as const satisfies Partial<BuiltInFormat>;

/** Models that generate text from messages. */
export const workersAiChat: BuiltInFormat = { ...CHAT, accepts: (keys) => keys.has('messages') };

/** Models that generate text from a prompt. */
export const workersAiPrompt: BuiltInFormat = {
  ...CHAT,
  operation: 'text_completion',
  accepts: (keys) => keys.has('prompt'),
  inputBytes: (body) => textBytes(body['prompt']),
};

/** Models with the API of OpenAI's Responses (`@cf/openai/gpt-oss-120b`). */
export const workersAiResponses: BuiltInFormat = {
  ...responses,
  ...atModel(),
  rateLimitHeaders: undefined,
  accepts: (keys) => keys.has('input') && !keys.has('documents'),
  readRequest: (body, url, headers) => responses.readRequest({ ...body, model: modelIn(url) }, url, headers),
  readResponse: (body, response) => responses.readResponse(resultOf(body), response),
  skimResponse: undefined,
};

/** Returns the messages that a prompt stands for. */
function toMessages(body: JsonObject): JsonObject {
  return 'prompt' in body ? { messages: [{ role: 'user', content: body['prompt'] }] } : body;
}

function toChat(body: JsonObject): JsonObject {
  const { success, errors, result } = body;
  // Models that describe an image have a description.
  const { description, response = description, tool_calls: calls, ...rest } = resultOf(body);
  if (success === false || result === null) return { ...body, success, errors };
  if (Array.isArray(rest['choices'])) return rest;
  // With a JSON schema, the text is the parsed object.
  const content = typeof response === 'object' && response !== null ? JSON.stringify(response) : response;
  return { ...rest, choices: [{ message: { content, tool_calls: functionsOf(calls) } }] };
}

function toChunk({ response, tool_calls: calls, ...event }: JsonObject): JsonObject {
  if (Array.isArray(event['choices'])) return event;
  // Some models send numbers as numbers.
  const content = typeof response === 'number' ? String(response) : response;
  // `p` is padding.
  return { ...event, p: null, choices: [{ delta: { content, tool_calls: functionsOf(calls) } }] };
}

/** Returns tool calls in the shape of Chat Completions. Workers AI has names and arguments at the top. */
function functionsOf(calls: unknown): JsonObject[] | undefined {
  const list = asArray(calls).map((entry) => asObject(entry) ?? {});
  if (list.length === 0) return undefined;
  return list.map((call) => {
    const { name, arguments: input } = asObject(call['function']) ?? call;
    return {
      ...call,
      function: { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) },
    };
  });
}

import { asArray, asObject, asString, type JsonObject } from '../json/json-value.js';
import { chatCompletions } from './chat-completions.js';
import { envelopedChat } from './enveloped-chat.js';
import { atPaths, type BuiltInFormat } from './format.js';

/**
 * Snowflake Cortex `inference:complete`: Chat Completions with its own shape of tool calls. The last event of a stream is
 * like the others. Sources: Snowflake REST API reference, “Cortex Inference”; https://github.com/BerriAI/litellm/issues/30762.
 */
export const snowflakeCortex: BuiltInFormat = {
  ...envelopedChat({ request: (body) => body, response: toChat, event: toChat }),
  provider: 'snowflake',
  ...atPaths('/cortex/inference:complete'),
  accepts: (keys) => keys.has('model') && keys.has('messages'),
  requestKeys: new Set([...chatCompletions.requestKeys, 'max_output_tokens']),
  hasNoLastEvent: true,
  readRequest: (body, url, headers) =>
    chatCompletions.readRequest({ max_tokens: body['max_output_tokens'], ...body }, url, headers),
};

/** Returns a body or a chunk with tool calls in the shape of Chat Completions. */
function toChat(body: JsonObject): JsonObject {
  return { ...body, choices: asArray(body['choices']).map((entry) => toChoice(asObject(entry) ?? {})) };
}

function toChoice(choice: JsonObject): JsonObject {
  const message = asObject(choice['message']);
  const delta = asObject(choice['delta']);
  if (message) return { ...choice, message: toMessage(message) };
  return delta?.['type'] === 'tool_use' ? { ...choice, delta: { tool_calls: [toCall(delta)] } } : choice;
}

/** The text is in `content` and in the list. */
function toMessage({ content_list: list, ...message }: JsonObject): JsonObject {
  const items = asArray(list).map((item) => asObject(item) ?? {});
  const calls = items
    .map((item) => asObject(item['tool_use']))
    .filter((use) => use !== null)
    .map(toCall);
  const text = items.map((item) => asString(item['text']) ?? '').join('');
  return { ...message, content: message['content'] ?? text, ...(calls.length > 0 && { tool_calls: calls }) };
}

function toCall({ tool_use_id: id, name, input }: JsonObject): JsonObject {
  return { id, function: { name, arguments: typeof input === 'object' ? JSON.stringify(input) : input } };
}

import { PlainTextContent } from '../content/plain-text.content.js';
import { asArray, asObject, asString, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import { chatCompletions } from './chat-completions.js';
import { embeddings } from './embeddings.js';
import { envelopedChat } from './enveloped-chat.js';
import { atPaths, type BuiltInFormat } from './format.js';

/**
 * Snowflake Cortex `inference:complete`: Chat Completions with its own shape of tool calls. Deltas repeat their text, and
 * the last event of a stream is like the others. Sources: Snowflake REST API reference, “Cortex Inference”; source of
 * chatlas, `_provider_snowflake.py`; https://github.com/langchain-ai/langchain-snowflake/issues/40;
 * https://github.com/BerriAI/litellm/issues/30762.
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

/**
 * Snowflake Cortex `inference:embed`: OpenAI's embeddings with another name of the input. Sources: Snowflake REST API
 * reference, “Cortex Embed”; source of litellm, `llms/snowflake/embedding`.
 */
export const snowflakeEmbeddings: BuiltInFormat = {
  ...embeddings,
  provider: 'snowflake',
  rateLimitHeaders: [],
  ...atPaths('/cortex/inference:embed'),
  accepts: (keys) => keys.has('text') && keys.has('model'),
  content: (limit) => new PlainTextContent({ input: 'text', output: null }, limit),
  inputBytes: (body) => textBytes(body['text']),
};

/** Returns a body or a chunk with tool calls in the shape of Chat Completions. */
function toChat({ structured_output: structured, ...body }: JsonObject): JsonObject {
  const choices = asArray(body['choices']).map((entry) => toChoice(asObject(entry) ?? {}));
  // With a JSON schema, the text is the parsed object.
  const [parsed] = asArray(structured).map((entry) => asObject(entry)?.['raw_message']);
  if (choices.length > 0 || parsed === undefined) return { ...body, choices };
  return { ...body, choices: [{ message: { content: JSON.stringify(parsed) } }] };
}

function toChoice(choice: JsonObject): JsonObject {
  const message = asObject(choice['message']);
  const delta = asObject(choice['delta']);
  if (message) return { ...choice, message: toMessage(message) };
  return delta ? { ...choice, delta: toDelta(delta) } : choice;
}

/** The text is in `content` and in the list. */
function toMessage({ content_list: list, ...message }: JsonObject): JsonObject {
  const calls = itemsOf(list)
    .map((item) => asObject(item['tool_use']))
    .filter((use) => use !== null)
    .map(toCall);
  return {
    ...message,
    content: message['content'] ?? textOf(list),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** A piece of a call has an empty text beside it. Text and call are in the list, too. */
function toDelta({ content_list: list, text, type, ...delta }: JsonObject): JsonObject {
  if (type === 'tool_use' || 'tool_use_id' in delta || 'input' in delta)
    return { tool_calls: [toCall(delta)] };
  return { ...delta, content: delta['content'] ?? text ?? textOf(list) };
}

function itemsOf(list: unknown): readonly JsonObject[] {
  return asArray(list).map((item) => asObject(item) ?? {});
}

function textOf(list: unknown): string {
  return itemsOf(list)
    .map((item) => asString(item['text']) ?? '')
    .join('');
}

function toCall({ tool_use_id: id, name, input }: JsonObject): JsonObject {
  return { id, function: { name, arguments: typeof input === 'object' ? JSON.stringify(input) : input } };
}

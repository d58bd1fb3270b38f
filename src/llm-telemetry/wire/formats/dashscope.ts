import { DashscopeContent } from '../content/dashscope.content.js';
import type { ChatBodies } from '../content/enveloped-chat.content.js';
import { DASHSCOPE_USAGE_MEMBERS, readUsageMembers } from '../dialects/usage-members.js';
import type { HeaderGetter } from '../headers.js';
import { asArray, asCount, asObject, asString, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import type { ResponseDraft } from '../response-draft.js';
import { chatCompletions } from './chat-completions.js';
import { envelopedChat } from './enveloped-chat.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';

const BODIES: ChatBodies = {
  request: toChatRequest,
  response: (body) => toChat(body, 'message'),
  event: (event) => toChat(event, 'delta'),
};

/**
 * Alibaba Cloud's own API for text and for text with images, audio and video. Headers ask for a stream, whose events
 * contain all or the next piece of the text and the usage so far. Responses do not name the model. Sources: Alibaba Cloud
 * Model Studio documentation, “DashScope API reference”; dashscope-sdk-python, `dashscope_response.py`.
 */
export const dashscope: BuiltInFormat = {
  ...envelopedChat(BODIES, readRest),
  provider: 'alibaba',
  ...atPaths('/text-generation/generation', '/multimodal-generation/generation'),
  accepts: (keys) => keys.has('model') && keys.has('input'),
  requestKeys: new Set(['model', 'parameters']),
  content: (limit) => new DashscopeContent(limit, BODIES),
  readRequest,
  inputBytes: (body) => {
    const input = asObject(body['input']);
    const tools = asObject(body['parameters'])?.['tools'];
    return textBytes(input?.['messages']) + textBytes(input?.['prompt']) + textBytes(tools);
  },
};

function readRequest(body: JsonObject, url: string, headers: HeaderGetter): RequestParameters {
  const parameters = asObject(body['parameters']) ?? {};
  const isStreamed =
    headers.get('x-dashscope-sse')?.toLowerCase() === 'enable' ||
    headers.get('accept')?.includes('text/event-stream') === true;
  const request = { ...parameters, model: body['model'], stream: isStreamed };
  return {
    ...chatCompletions.readRequest(request, url, headers),
    topK: asCount(parameters['top_k']) ?? undefined,
  };
}

/** Models that complete a text have a prompt. */
function toChatRequest(body: JsonObject): JsonObject {
  const input = asObject(body['input']) ?? {};
  const messages = input['messages'] ?? [{ role: 'user', content: input['prompt'] }];
  return { messages: asArray(messages).map((entry) => withTypedParts(asObject(entry) ?? {})) };
}

/**
 * Returns a response, or an event, as Chat Completions.
 *
 * @param member - the member of a choice that contains the text
 */
function toChat(body: JsonObject, member: 'message' | 'delta'): JsonObject {
  const output = asObject(body['output']) ?? {};
  const choices = asArray(output['choices']).map((entry) => asObject(entry) ?? {});
  // The format `text` of a result has no choices.
  const listed =
    choices.length > 0
      ? choices
      : [{ message: { content: output['text'] }, finish_reason: output['finish_reason'] }];
  return {
    ...body,
    output: null,
    id: body['request_id'],
    choices: listed.map(({ message, finish_reason: reason, ...choice }, index) => ({
      ...choice,
      index,
      [member]: withTypedParts(asObject(message) ?? {}, member === 'delta'),
      // Events before the last one have the text `null` for a reason.
      finish_reason: reason === 'null' ? null : reason,
    })),
  };
}

/** Adds the types that the parts of a message have in Chat Completions; in an event, only the text is needed. */
function withTypedParts(message: JsonObject, asText = false): JsonObject {
  const { content } = message;
  if (!Array.isArray(content)) return message;
  const parts = content.map((part: unknown) => typed(asObject(part) ?? {}));
  const text = (): string => parts.map((part) => asString(part['text']) ?? '').join('');
  return { ...message, content: asText ? text() : parts };
}

function typed(part: JsonObject): JsonObject {
  if ('text' in part) return { ...part, type: 'text' };
  if ('image' in part) return { type: 'image_url', image_url: part['image'] };
  return 'audio' in part ? { type: 'input_audio' } : { type: 'file' };
}

function readRest(body: JsonObject, response: ResponseDraft): void {
  const { usage: draft } = response;
  // The last event has the reason and the usage.
  if (response.finish !== null) response.complete = response.error === null;
  const usage = asObject(body['usage']);
  if (!usage) return;
  readUsageMembers(usage, draft, DASHSCOPE_USAGE_MEMBERS);
  const searches = asCount(asObject(asObject(usage['plugins'])?.['search'])?.['count']);
  if (searches !== null) draft.webSearchRequests = searches;
}

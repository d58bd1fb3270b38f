import { EnvelopedChatContent, type ChatBodies } from '../content/enveloped-chat.content.js';
import { asArray, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import type { ResponseDraft } from '../response-draft.js';
import { chatCompletions, readChunk, readResponse } from './chat-completions.js';
import type { BuiltInFormat } from './format.js';

/** Reads what a body has beside Chat Completions. */
type ReadRest = (body: JsonObject, response: ResponseDraft) => void;

/**
 * Returns the members of a format whose bodies contain those of Chat Completions.
 *
 * @param bodies - convert the bodies to those of Chat Completions
 */
export function envelopedChat(
  bodies: ChatBodies,
  readRest: ReadRest = () => {},
): Omit<BuiltInFormat, OwnMember> {
  return {
    ...chatCompletions,
    rateLimitHeaders: undefined,
    landmarks: undefined,
    skimResponse: undefined,
    content: (limit) => new EnvelopedChatContent(limit, bodies),
    readResponse: (body, response) => {
      const chat = bodies.response(body);
      readResponse(chat, response);
      readToolFinish(chat, 'message', response);
      readRest(body, response);
    },
    readEvent: (data, response, type) => {
      const event = asObject(parseJson(data));
      if (!event) return chatCompletions.readEvent(data, response, type);
      const chunk = bodies.event(event);
      readChunk(chunk, response);
      readToolFinish(chunk, 'delta', response);
      readRest(event, response);
    },
  };
}

type OwnMember = 'provider' | 'pathEndings' | 'matches' | 'accepts';

/** Some of these APIs give no reason for a tool call. */
function readToolFinish(chat: JsonObject, member: 'message' | 'delta', response: ResponseDraft): void {
  if (response.finish !== null) return;
  for (const entry of asArray(chat['choices'])) {
    const message = asObject(asObject(entry)?.[member]);
    const [call] = asArray(message?.['tool_calls']);
    // The last piece of a call can be one without a name.
    if (asString(asObject(asObject(call)?.['function'])?.['name']) !== null) response.finish = 'tool_calls';
  }
}

import type { JsonObject } from '../json/json-value.js';
import { ChatCompletionsContent } from './chat-completions.content.js';
import type { ContentMessage, ContentReader, RequestContent } from './content.js';

/** Convert the bodies of an API to those of Chat Completions. */
export interface ChatBodies {
  request(body: JsonObject): JsonObject;
  response(body: JsonObject): JsonObject;
  event(event: JsonObject): JsonObject;
}

/** Reads the content of an API whose bodies contain those of Chat Completions. */
export class EnvelopedChatContent implements ContentReader {
  private readonly chat: ChatCompletionsContent;

  constructor(
    limit: number,
    private readonly bodies: ChatBodies,
  ) {
    this.chat = new ChatCompletionsContent(limit);
  }

  readRequest(body: JsonObject): RequestContent {
    return this.chat.readRequest(this.bodies.request(body));
  }

  readResponse(body: JsonObject): void {
    this.chat.readResponse(this.bodies.response(body));
  }

  readEvent(event: JsonObject): void {
    this.chat.readEvent(this.bodies.event(event));
  }

  output(): readonly ContentMessage[] {
    return this.chat.output();
  }
}

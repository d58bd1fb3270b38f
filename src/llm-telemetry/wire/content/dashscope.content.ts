import { asArray, asObject, asString, type JsonObject } from '../json/json-value.js';
import { ChatCompletionsContent } from './chat-completions.content.js';
import type { ContentMessage, ContentReader, RequestContent } from './content.js';
import type { ChatBodies } from './enveloped-chat.content.js';

/** Reads the content of DashScope. Source: see `formats/dashscope.ts`. */
export class DashscopeContent implements ContentReader {
  /** Reads a response, or events with the next piece of the text. */
  private readonly chat: ChatCompletionsContent;
  /** Reads the last event. */
  private last: ChatCompletionsContent;
  private lastText = '';
  /** True if the text of each event contains that of the event before. */
  private isCumulative = true;

  constructor(
    private readonly limit: number,
    private readonly bodies: ChatBodies,
  ) {
    this.chat = new ChatCompletionsContent(limit);
    this.last = this.chat;
  }

  readRequest(body: JsonObject): RequestContent {
    if (asObject(body['parameters'])?.['incremental_output'] === true) this.isCumulative = false;
    return this.chat.readRequest(this.bodies.request(body));
  }

  readResponse(body: JsonObject): void {
    this.chat.readResponse(this.bodies.response(body));
  }

  readEvent(event: JsonObject): void {
    const chunk = this.bodies.event(event);
    const text = textOf(chunk);
    this.isCumulative &&= text.startsWith(this.lastText);
    this.lastText = text.slice(0, this.limit);
    this.chat.readEvent(chunk);
    this.last = new ChatCompletionsContent(this.limit);
    this.last.readEvent(chunk);
  }

  output(): readonly ContentMessage[] {
    return (this.isCumulative ? this.last : this.chat).output();
  }
}

function textOf(chunk: JsonObject): string {
  const delta = asObject(asObject(asArray(chunk['choices'])[0])?.['delta']);
  return (asString(delta?.['reasoning_content']) ?? '') + (asString(delta?.['content']) ?? '');
}

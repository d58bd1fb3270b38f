import { asArray, asObject, asString, type JsonObject } from '../json/json-value.js';
import { ChatCompletionsContent } from './chat-completions.content.js';
import type { ContentMessage, ContentReader, RequestContent } from './content.js';
import { MessageCollector } from './message-collector.js';
import { asText, partsOf, textPart } from './parts.js';

/** Reads the content of Cohere Chat, version 2. Source: see `formats/cohere-chat.ts`. */
export class CohereChatContent implements ContentReader {
  private readonly message: MessageCollector;

  constructor(private readonly limit: number) {
    this.message = new MessageCollector(limit);
  }

  /** Messages have the shape of Chat Completions. */
  readRequest(body: JsonObject): RequestContent {
    return new ChatCompletionsContent(this.limit).readRequest(body);
  }

  readResponse(body: JsonObject): void {
    const message = asObject(body['message']);
    if (!message) return;
    for (const entry of asArray(message['content'])) this.addPart(asObject(entry));
    this.message.addReasoning(asString(message['tool_plan']));
    for (const [index, entry] of asArray(message['tool_calls']).entries())
      this.addCall(String(index), asObject(entry));
    this.message.finish = asString(body['finish_reason']);
  }

  readEvent(event: JsonObject): void {
    const delta = asObject(event['delta']);
    const message = asObject(delta?.['message']);
    this.addPart(asObject(message?.['content']));
    this.message.addReasoning(asString(message?.['tool_plan']));
    this.addCall(asText(event['index']), asObject(message?.['tool_calls']));
    this.message.finish = asString(delta?.['finish_reason']) ?? this.message.finish;
  }

  output(): readonly ContentMessage[] {
    return this.message.messages();
  }

  private addPart(part: JsonObject | null): void {
    this.message.addText(asString(part?.['text']));
    this.message.addReasoning(asString(part?.['thinking']));
  }

  private addCall(key: string, call: JsonObject | null): void {
    const fn = asObject(call?.['function']);
    if (!call || !fn) return;
    this.message.addCall(key, {
      id: asString(call['id']),
      name: asString(fn['name']),
      arguments: asString(fn['arguments']),
    });
  }
}

/** Reads the content of Cohere Chat, version 1. Source: see `formats/cohere-chat.ts`. */
export class CohereChatV1Content implements ContentReader {
  private readonly message: MessageCollector;

  constructor(limit: number) {
    this.message = new MessageCollector(limit);
  }

  readRequest(body: JsonObject): RequestContent {
    const earlier = asArray(body['chat_history']).flatMap((entry): ContentMessage[] => {
      const message = asObject(entry);
      const text = asString(message?.['message']);
      return text === null ? [] : [toMessage(asString(message?.['role']), text)];
    });
    const text = asString(body['message']);
    return {
      system: partsOf(body['preamble'], () => null),
      input: text === null ? earlier : [...earlier, toMessage('user', text)],
    };
  }

  readResponse(body: JsonObject): void {
    this.message.addText(asString(body['text']));
    for (const [index, entry] of asArray(body['tool_calls']).entries()) {
      const call = asObject(entry);
      this.message.addCall(String(index), {
        name: asString(call?.['name']),
        arguments: asText(call?.['parameters']),
      });
    }
    this.message.finish = asString(body['finish_reason']);
  }

  readEvent(event: JsonObject): void {
    if (event['event_type'] === 'text-generation') this.message.addText(asString(event['text']));
    if (event['event_type'] !== 'stream-end') return;
    // The last event repeats the text.
    this.readResponse({ ...asObject(event['response']), text: null });
    this.message.finish ??= asString(event['finish_reason']);
  }

  output(): readonly ContentMessage[] {
    return this.message.messages();
  }
}

/** Roles of version 1 are in upper case; the assistant is `CHATBOT`. */
function toMessage(role: string | null, text: string): ContentMessage {
  const name = role?.toLowerCase() ?? 'user';
  return { role: name === 'chatbot' ? 'assistant' : name, parts: [textPart(text)] };
}

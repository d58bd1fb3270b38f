import { asArray, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { ContentMessage, ContentPart, ContentReader, RequestContent } from './content.js';
import { MessageCollector } from './message-collector.js';
import { asText, partsOf, resultText, textPart } from './parts.js';

/** Reads the content of Ollama's chat and generate. Source: see `formats/ollama.ts`. */
export class OllamaContent implements ContentReader {
  private readonly message: MessageCollector;

  constructor(limit: number) {
    this.message = new MessageCollector(limit);
  }

  readRequest(body: JsonObject): RequestContent {
    const system: ContentPart[] = partsOf(body['system'], () => null);
    const input: ContentMessage[] = [];
    const prompt = asString(body['prompt']);
    if (prompt !== null) input.push({ role: 'user', parts: [textPart(prompt), ...imagesOf(body)] });
    for (const entry of asArray(body['messages'])) {
      const message = asObject(entry);
      if (!message) continue;
      const role = asString(message['role']) ?? 'user';
      if (role === 'system') system.push(...partsOf(message['content'], () => null));
      else input.push({ role, parts: readMessage(message, role) });
    }
    return { system, input };
  }

  readResponse(body: JsonObject): void {
    this.readEvent(body);
  }

  readEvent(event: JsonObject): void {
    const message = asObject(event['message']);
    this.message.addReasoning(asString(message?.['thinking']) ?? asString(event['thinking']));
    this.message.addText(asString(message?.['content']) ?? asString(event['response']));
    for (const entry of asArray(message?.['tool_calls'])) {
      const fn = asObject(asObject(entry)?.['function']);
      const call = { name: asString(fn?.['name']), arguments: asText(fn?.['arguments']) };
      if (fn) this.message.addCall(String(this.message.callCount), call);
    }
    if (event['done'] === true) this.message.finish = asString(event['done_reason']) ?? 'stop';
  }

  output(): readonly ContentMessage[] {
    return this.message.messages();
  }
}

function readMessage(message: JsonObject, role: string): ContentPart[] {
  if (role === 'tool')
    return [{ type: 'tool_call_response', id: null, response: resultText(message['content']) }];
  const parts = partsOf(message['content'], () => null);
  const thinking = asString(message['thinking']);
  if (thinking !== null) parts.unshift({ type: 'reasoning', content: thinking });
  for (const entry of asArray(message['tool_calls'])) {
    const fn = asObject(asObject(entry)?.['function']);
    const name = asString(fn?.['name']) ?? '';
    if (fn) parts.push({ type: 'tool_call', id: null, name, arguments: asText(fn['arguments']) });
  }
  return [...parts, ...imagesOf(message)];
}

function imagesOf(message: JsonObject): ContentPart[] {
  return asArray(message['images']).map(() => ({ type: 'blob', modality: 'image', mime_type: null }));
}

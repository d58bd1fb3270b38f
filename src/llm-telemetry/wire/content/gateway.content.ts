import { asArray, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { ContentMessage, ContentPart, ContentReader, RequestContent } from './content.js';
import { MessageCollector } from './message-collector.js';
import { asText, mediaAt, partsOf, resultText, textPart } from './parts.js';

/** Reads the content of language models of the Vercel AI Gateway. Source: see `formats/gateway-language.ts`. */
export class GatewayContent implements ContentReader {
  private readonly message: MessageCollector;

  constructor(limit: number) {
    this.message = new MessageCollector(limit);
  }

  readRequest(body: JsonObject): RequestContent {
    const system: ContentPart[] = [];
    const input: ContentMessage[] = [];
    for (const entry of asArray(body['prompt'])) {
      const message = asObject(entry);
      if (!message) continue;
      const role = asString(message['role']) ?? 'user';
      const parts = partsOf(message['content'], readPart);
      if (role === 'system') system.push(...parts);
      else input.push({ role, parts });
    }
    return { system, input };
  }

  readResponse(body: JsonObject): void {
    for (const entry of asArray(body['content'])) {
      const part = asObject(entry);
      if (part?.['type'] === 'text') this.message.addText(asString(part['text']));
      else if (part?.['type'] === 'reasoning') this.message.addReasoning(asString(part['text']));
      else if (part?.['type'] === 'tool-call') this.addCall(part);
    }
    this.readFinish(body);
  }

  readEvent(event: JsonObject): void {
    if (event['type'] === 'text-delta') this.message.addText(asString(event['delta']));
    else if (event['type'] === 'reasoning-delta') this.message.addReasoning(asString(event['delta']));
    else if (event['type'] === 'tool-call') this.addCall(event);
    else if (event['type'] === 'finish') this.readFinish(event);
  }

  output(): readonly ContentMessage[] {
    return this.message.messages();
  }

  private addCall(call: JsonObject): void {
    const id = asString(call['toolCallId']);
    const made = { id, name: asString(call['toolName']), arguments: asText(call['input']) };
    this.message.addCall(id ?? String(this.message.callCount), made);
  }

  private readFinish(end: JsonObject): void {
    const reason = asObject(end['finishReason']);
    this.message.finish =
      asString(reason?.['raw']) ?? asString(reason?.['unified']) ?? asString(end['finishReason']);
  }
}

function readPart(part: JsonObject): ContentPart | null {
  switch (part['type']) {
    case 'text':
      return textPart(asText(part['text']));
    case 'reasoning':
      return { type: 'reasoning', content: asText(part['text']) };
    case 'file':
      return fileAt(part);
    case 'tool-call': {
      const name = asString(part['toolName']) ?? '';
      return { type: 'tool_call', id: asString(part['toolCallId']), name, arguments: asText(part['input']) };
    }
    case 'tool-result': {
      const output = asObject(part['output']);
      const response = resultText(output?.['value'] ?? part['output']);
      return { type: 'tool_call_response', id: asString(part['toolCallId']), response };
    }
    default:
      return null;
  }
}

function fileAt(part: JsonObject): ContentPart {
  const mediaType = asString(part['mediaType']);
  const modality = mediaType?.split('/')[0] ?? 'document';
  const url = asString(asObject(part['data'])?.['url']);
  return url === null ? { type: 'blob', modality, mime_type: mediaType } : mediaAt(modality, url);
}

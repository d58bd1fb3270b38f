import { MAX_NAMES } from '../../text/bounded-name.js';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { ContentMessage, ContentPart, ContentReader, RequestContent } from './content.js';
import { asText, mediaAt, partsOf, resultText, TextCollector, textPart } from './parts.js';

/** Reads the content of Chat Completions. Source: see `formats/chat-completions.ts`. */
export class ChatCompletionsContent implements ContentReader {
  private readonly choices = new Map<number, StreamedChoice>();
  private whole: readonly ContentMessage[] | null = null;

  constructor(private readonly limit: number) {}

  readRequest(body: JsonObject): RequestContent {
    const system: ContentPart[] = [];
    const input: ContentMessage[] = [];
    for (const entry of asArray(body['messages'])) {
      const message = asObject(entry);
      if (!message) continue;
      const role = asString(message['role']) ?? 'user';
      if (role === 'system' || role === 'developer') system.push(...partsOf(message['content'], readPart));
      else input.push({ role, parts: readMessage(message, role) });
    }
    return { system, input };
  }

  readResponse(body: JsonObject): void {
    this.whole = asArray(body['choices']).flatMap((entry) => {
      const choice = asObject(entry);
      const message = asObject(choice?.['message']);
      if (!message) return [];
      return [toMessage('assistant', readMessage(message, 'assistant'), asString(choice?.['finish_reason']))];
    });
  }

  readEvent(event: JsonObject): void {
    for (const entry of asArray(event['choices'])) {
      const choice = asObject(entry);
      if (!choice) continue;
      const index = asNumber(choice['index']) ?? 0;
      let streamed = this.choices.get(index);
      if (!streamed && this.choices.size === MAX_NAMES) continue;
      if (!streamed) this.choices.set(index, (streamed = new StreamedChoice(this.limit)));
      streamed.add(asObject(choice['delta']) ?? {}, asString(choice['finish_reason']));
    }
  }

  output(): readonly ContentMessage[] {
    return this.whole ?? [...this.choices.values()].map((choice) => choice.message());
  }
}

class StreamedChoice {
  private readonly text: TextCollector;
  private readonly reasoning: TextCollector;
  private readonly calls = new Map<number, { id: string | null; name: string; arguments: TextCollector }>();
  private finish: string | null = null;

  constructor(private readonly limit: number) {
    this.text = new TextCollector(limit);
    this.reasoning = new TextCollector(limit);
  }

  add(delta: JsonObject, finish: string | null): void {
    this.finish = finish ?? this.finish;
    const spoken = asString(asObject(delta['audio'])?.['transcript']);
    this.text.add(asString(delta['content']) ?? asString(delta['refusal']) ?? spoken);
    this.reasoning.add(asString(delta['reasoning_content']) ?? asString(delta['reasoning']));
    for (const entry of asArray(delta['tool_calls'])) {
      const call = asObject(entry);
      const fn = asObject(call?.['function']);
      if (!call) continue;
      const index = asNumber(call['index']) ?? 0;
      let streamed = this.calls.get(index);
      if (!streamed && this.calls.size === MAX_NAMES) continue;
      if (!streamed) {
        streamed = {
          id: asString(call['id']),
          name: asString(fn?.['name']) ?? '',
          arguments: new TextCollector(this.limit),
        };
        this.calls.set(index, streamed);
      }
      streamed.arguments.add(asString(fn?.['arguments']));
    }
  }

  message(): ContentMessage {
    const parts: ContentPart[] = [];
    if (!this.reasoning.isEmpty) parts.push({ type: 'reasoning', content: this.reasoning.toString() });
    if (!this.text.isEmpty) parts.push(textPart(this.text.toString()));
    for (const call of this.calls.values()) {
      parts.push({ type: 'tool_call', id: call.id, name: call.name, arguments: call.arguments.toString() });
    }
    return toMessage('assistant', parts, this.finish);
  }
}

function readMessage(message: JsonObject, role: string): ContentPart[] {
  if (role === 'tool') {
    return [
      {
        type: 'tool_call_response',
        id: asString(message['tool_call_id']),
        response: resultText(message['content']),
      },
    ];
  }
  const parts = partsOf(message['content'], readPart);
  const reasoning = asString(message['reasoning_content']) ?? asString(message['reasoning']);
  if (reasoning !== null) parts.unshift({ type: 'reasoning', content: reasoning });
  // Audio has a transcript.
  const spoken = asString(asObject(message['audio'])?.['transcript']);
  if (spoken !== null) parts.push(textPart(spoken));
  const refusal = asString(message['refusal']);
  if (refusal !== null) parts.push(textPart(refusal));
  for (const entry of asArray(message['tool_calls'])) {
    const call = asObject(entry);
    const fn = asObject(call?.['function']) ?? asObject(call?.['custom']);
    if (!call || !fn) continue;
    parts.push({
      type: 'tool_call',
      id: asString(call['id']),
      name: asString(fn['name']) ?? '',
      arguments: asText(fn['arguments'] ?? fn['input']),
    });
  }
  return parts;
}

function readPart(part: JsonObject): ContentPart | null {
  switch (part['type']) {
    case 'text':
      return textPart(asText(part['text']));
    case 'refusal':
      return textPart(asText(part['refusal']));
    case 'image_url':
      return mediaAt('image', asString(asObject(part['image_url'])?.['url']) ?? asString(part['image_url']));
    case 'input_audio':
      return { type: 'blob', modality: 'audio', mime_type: null };
    case 'file':
      return { type: 'blob', modality: 'document', mime_type: null };
    default:
      return null;
  }
}

function toMessage(role: string, parts: readonly ContentPart[], finish: string | null): ContentMessage {
  return finish === null ? { role, parts } : { role, parts, finish_reason: finish };
}

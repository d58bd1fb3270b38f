import { asArray, asObject, asString, type JsonObject } from '../json/json-value.js';
import { ChatCompletionsContent } from './chat-completions.content.js';
import type { ContentMessage, ContentPart, ContentReader, RequestContent } from './content.js';
import { MessageCollector } from './message-collector.js';
import { asText, mediaAt, partsOf, resultText, textPart } from './parts.js';

/** Reads the content of Mistral Conversations. Source: see `formats/mistral-conversations.ts`. */
export class MistralConversationContent implements ContentReader {
  private readonly message: MessageCollector;

  constructor(limit: number) {
    this.message = new MessageCollector(limit);
  }

  readRequest(body: JsonObject): RequestContent {
    const inputs = body['inputs'];
    return {
      system: partsOf(body['instructions'], () => null),
      input:
        typeof inputs === 'string'
          ? [{ role: 'user', parts: [textPart(inputs)] }]
          : asArray(inputs).flatMap((entry) => readEntry(asObject(entry))),
    };
  }

  readResponse(body: JsonObject): void {
    for (const entry of asArray(body['outputs'])) {
      const output = asObject(entry);
      if (output) this.readOutput(output);
    }
  }

  readEvent(event: JsonObject): void {
    this.readOutput(event);
  }

  output(): readonly ContentMessage[] {
    return this.message.messages();
  }

  private readOutput(output: JsonObject): void {
    const type = asString(output['type']) ?? '';
    if (type.startsWith('message.output')) {
      this.addContent(output['content']);
    } else if (type.startsWith('function.call')) {
      const id = asString(output['tool_call_id']);
      const call = { id, name: asString(output['name']), arguments: asText(output['arguments']) };
      this.message.addCall(id ?? '', call);
    }
  }

  /** Content is a text, a chunk, or a list of chunks. */
  private addContent(content: unknown): void {
    this.message.addText(asString(content));
    for (const entry of Array.isArray(content) ? content : [content]) {
      const chunk = asObject(entry);
      this.message.addText(asString(chunk?.['text']));
      for (const thought of asArray(chunk?.['thinking']))
        this.message.addReasoning(asString(asObject(thought)?.['text']));
    }
  }
}

function readEntry(entry: JsonObject | null): ContentMessage[] {
  if (!entry) return [];
  const type = asString(entry['type']) ?? 'message.input';
  if (type === 'function.result') {
    const response = resultText(entry['result']);
    return [
      {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: asString(entry['tool_call_id']), response }],
      },
    ];
  }
  if (!type.startsWith('message.')) return [];
  return [{ role: asString(entry['role']) ?? 'user', parts: partsOf(entry['content'], readChunk) }];
}

function readChunk(chunk: JsonObject): ContentPart | null {
  switch (chunk['type']) {
    case 'text':
      return textPart(asText(chunk['text']));
    case 'image_url':
      return mediaAt(
        'image',
        asString(asObject(chunk['image_url'])?.['url']) ?? asString(chunk['image_url']),
      );
    case 'document_url':
      return mediaAt('document', asString(chunk['document_url']));
    case 'input_audio':
      return { type: 'blob', modality: 'audio', mime_type: null };
    default:
      return null;
  }
}

/** Reads the content of a completion between prompt and suffix. Responses have the shape of Chat Completions. */
export class MistralFimContent extends ChatCompletionsContent {
  override readRequest(body: JsonObject): RequestContent {
    const parts = [...partsOf(body['prompt'], () => null), ...partsOf(body['suffix'], () => null)];
    return { system: [], input: parts.length === 0 ? [] : [{ role: 'user', parts }] };
  }
}

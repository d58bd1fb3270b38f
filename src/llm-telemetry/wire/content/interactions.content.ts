import { asArray, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { ContentMessage, ContentPart, ContentReader, RequestContent } from './content.js';
import { asText, partsOf, resultText, TextCollector, textPart } from './parts.js';

/** Reads the content of Gemini Interactions. Source: see `formats/interactions.ts`. */
export class InteractionsContent implements ContentReader {
  private readonly steps = new Map<number, StreamedStep>();
  private whole: readonly ContentPart[] | null = null;
  private status: string | null = null;

  constructor(private readonly limit: number) {}

  readRequest(body: JsonObject): RequestContent {
    const input = body['input'];
    return {
      system: partsOf(body['system_instruction'], readContent),
      input:
        typeof input === 'string'
          ? [{ role: 'user', parts: [textPart(input)] }]
          : messagesOf(Array.isArray(input) ? (input as readonly unknown[]) : [input]),
    };
  }

  readResponse(body: JsonObject): void {
    if (body['error']) return;
    this.status = asString(body['status']) ?? this.status;
    const steps = asArray(body['steps']);
    if (steps.length > 0) this.whole = steps.flatMap((entry) => outputParts(asObject(entry)));
  }

  readEvent(event: JsonObject): void {
    const index = asNumber(event['index']) ?? 0;
    switch (event['event_type']) {
      case 'step.start':
        if (this.steps.size < MAX_STEPS)
          this.steps.set(index, new StreamedStep(asObject(event['step']) ?? {}, this.limit));
        return;
      case 'step.delta':
        this.add(index, asObject(event['delta']) ?? {});
        return;
      case 'interaction.status_update':
        this.status = asString(event['status']) ?? this.status;
        return;
      case 'interaction.completed':
        this.readResponse(asObject(event['interaction']) ?? {});
        return;
    }
  }

  output(): readonly ContentMessage[] {
    const parts = this.whole ?? [...this.steps.values()].flatMap((step) => step.parts());
    if (parts.length === 0 && this.status === null) return [];
    return [{ role: 'assistant', parts, ...(this.status === null ? {} : { finish_reason: this.status }) }];
  }

  private add(index: number, delta: JsonObject): void {
    let step = this.steps.get(index);
    if (!step && this.steps.size === MAX_STEPS) return;
    if (!step) this.steps.set(index, (step = new StreamedStep({ type: 'model_output' }, this.limit)));
    step.add(delta);
  }
}

/** Maximum number of steps of one response. */
const MAX_STEPS = 1024;

/** Collects the deltas of a step. */
class StreamedStep {
  private readonly pieces: TextCollector;

  constructor(
    private readonly start: JsonObject,
    limit: number,
  ) {
    this.pieces = new TextCollector(limit);
  }

  add(delta: JsonObject): void {
    this.pieces.add(
      asString(delta['text']) ??
        asString(delta['arguments']) ??
        asString(asObject(delta['content'])?.['text']),
    );
  }

  parts(): ContentPart[] {
    if (this.pieces.isEmpty) return outputParts(this.start);
    const text = this.pieces.toString();
    switch (this.start['type']) {
      case 'thought':
        return [{ type: 'reasoning', content: text }];
      case 'function_call':
        return [toolCall(this.start, text)];
      default:
        return [textPart(text)];
    }
  }
}

/** Converts an input of steps or contents to messages. Contents without a step are one message of the user. */
function messagesOf(items: readonly unknown[]): ContentMessage[] {
  const messages: ContentMessage[] = [];
  const loose: ContentPart[] = [];
  for (const entry of items) {
    const item = asObject(entry);
    if (!item) continue;
    const content = readContent(item);
    if (content) {
      loose.push(content);
      continue;
    }
    if (item['type'] === 'user_input')
      messages.push({ role: 'user', parts: partsOf(item['content'], readContent) });
    else if (item['type'] === 'function_result') messages.push({ role: 'tool', parts: [toolResult(item)] });
    else {
      const parts = outputParts(item);
      if (parts.length > 0) messages.push({ role: 'assistant', parts });
    }
  }
  return loose.length === 0 ? messages : [...messages, { role: 'user', parts: loose }];
}

/** Returns the parts of a step of the model. The steps of hosted tools are omitted. */
function outputParts(step: JsonObject | null): ContentPart[] {
  switch (step?.['type']) {
    case 'model_output':
      return partsOf(step['content'], readContent);
    case 'thought':
      return asArray(step['summary']).flatMap((entry): ContentPart[] => {
        const text = asString(asObject(entry)?.['text']);
        return text === null ? [] : [{ type: 'reasoning', content: text }];
      });
    case 'function_call':
      return [toolCall(step, asText(step['arguments']))];
    default:
      return [];
  }
}

function readContent(item: JsonObject): ContentPart | null {
  const type = asString(item['type']) ?? '';
  if (type === 'text') return textPart(asText(item['text']));
  if (!MEDIA.has(type)) return null;
  const uri = asString(item['uri']);
  return uri === null
    ? { type: 'blob', modality: type, mime_type: asString(item['mime_type']) }
    : { type: 'uri', modality: type, uri };
}

const MEDIA = new Set(['image', 'audio', 'video', 'document']);

function toolCall(step: JsonObject, text: string): ContentPart {
  return { type: 'tool_call', id: asString(step['id']), name: asString(step['name']) ?? '', arguments: text };
}

function toolResult(step: JsonObject): ContentPart {
  return {
    type: 'tool_call_response',
    id: asString(step['call_id']),
    response: resultText(step['result']),
  };
}

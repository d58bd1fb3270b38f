import { asArray, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { ContentMessage, ContentPart, ContentReader, RequestContent } from './content.js';
import { asText, mediaAt, partsOf, resultText, TextCollector, textPart } from './parts.js';

/** Reads the content of OpenAI Responses. Source: see `formats/responses.ts`. */
export class ResponsesContent implements ContentReader {
  /** Deltas by item and part. The last event repeats the complete output. */
  private readonly pieces = new Map<string, { type: string; item: string; text: TextCollector }>();
  /** Started tool calls by item id. Before the last event, only the first event of an item names the tool. */
  private readonly calls = new Map<string, { id: string | null; name: string }>();
  private whole: readonly ContentMessage[] | null = null;

  constructor(private readonly limit: number) {}

  readRequest(body: JsonObject): RequestContent {
    const input = body['input'];
    return {
      system: partsOf(body['instructions'], readPart),
      input:
        typeof input === 'string'
          ? [{ role: 'user', parts: [textPart(input)] }]
          : asArray(input).flatMap((entry) => readItem(asObject(entry))),
    };
  }

  readResponse(body: JsonObject): void {
    const parts = asArray(body['output']).flatMap((entry) =>
      readItem(asObject(entry)).flatMap((message) => message.parts),
    );
    const reason = asString(asObject(body['incomplete_details'])?.['reason']) ?? asString(body['status']);
    if (parts.length === 0 && reason === null) return;
    this.whole = [{ role: 'assistant', parts, ...(reason === null ? {} : { finish_reason: reason }) }];
  }

  readEvent(event: JsonObject): void {
    const type = asString(event['type']) ?? '';
    if (type.endsWith('.delta')) {
      this.add(type, event);
      return;
    }
    if (type === 'response.output_item.added') {
      const item = asObject(event['item']);
      const id = asString(item?.['call_id']) ?? asString(item?.['id']);
      if (this.calls.size < MAX_ITEMS)
        this.calls.set(asText(item?.['id']), { id, name: asString(item?.['name']) ?? '' });
      return;
    }
    const response = asObject(event['response']);
    if (response && FINAL_EVENTS.has(type)) this.readResponse(response);
  }

  output(): readonly ContentMessage[] {
    if (this.whole) return this.whole;
    const parts = [...this.pieces.values()].flatMap(({ type, item, text }): ContentPart[] => {
      const content = text.toString();
      if (type.startsWith('response.reasoning')) return [{ type: 'reasoning', content }];
      if (TEXT_DELTAS.has(type)) return [textPart(content)];
      const call = TOOL_CALL_DELTAS.has(type) ? (this.calls.get(item) ?? { id: null, name: '' }) : null;
      return call ? [{ type: 'tool_call', ...call, arguments: content }] : [];
    });
    return parts.length === 0 ? [] : [{ role: 'assistant', parts }];
  }

  private add(type: string, event: JsonObject): void {
    const item = asText(event['item_id']);
    const key = `${type} ${item} ${asText(event['content_index'] ?? event['summary_index'])}`;
    let piece = this.pieces.get(key);
    if (!piece && this.pieces.size === MAX_ITEMS) return;
    if (!piece) this.pieces.set(key, (piece = { type, item, text: new TextCollector(this.limit) }));
    piece.text.add(asString(event['delta']));
  }
}

/** Maximum number of items, and of parts, of one response. */
const MAX_ITEMS = 1024;

const TEXT_DELTAS = new Set([
  'response.output_text.delta',
  'response.refusal.delta',
  'response.audio.transcript.delta',
]);
const TOOL_CALL_DELTAS = new Set([
  'response.function_call_arguments.delta',
  'response.custom_tool_call_input.delta',
  'response.mcp_call_arguments.delta',
]);

const FINAL_EVENTS = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** Converts an input or output item to messages. */
function readItem(item: JsonObject | null): ContentMessage[] {
  if (!item) return [];
  const type = asString(item['type']) ?? 'message';
  switch (type) {
    case 'message':
      return [{ role: asString(item['role']) ?? 'user', parts: partsOf(item['content'], readPart) }];
    case 'reasoning': {
      const parts = [...asArray(item['summary']), ...asArray(item['content'])].flatMap(
        (entry): ContentPart[] => {
          const text = asString(asObject(entry)?.['text']);
          return text === null ? [] : [{ type: 'reasoning', content: text }];
        },
      );
      return parts.length === 0 ? [] : [{ role: 'assistant', parts }];
    }
    case 'function_call':
    case 'custom_tool_call':
    case 'mcp_call': {
      const id = asString(item['call_id']) ?? asString(item['id']);
      const name = asString(item['name']) ?? '';
      const text = asText(item['arguments'] ?? item['input']);
      return [{ role: 'assistant', parts: [{ type: 'tool_call', id, name, arguments: text }] }];
    }
    case 'function_call_output':
    case 'custom_tool_call_output': {
      const id = asString(item['call_id']);
      return [
        { role: 'tool', parts: [{ type: 'tool_call_response', id, response: resultText(item['output']) }] },
      ];
    }
    default:
      return [];
  }
}

function readPart(part: JsonObject): ContentPart | null {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return textPart(asText(part['text']));
    case 'refusal':
      return textPart(asText(part['refusal']));
    case 'input_image':
      return mediaAt('image', asString(part['image_url']));
    case 'input_audio':
      return { type: 'blob', modality: 'audio', mime_type: null };
    case 'input_file':
      return mediaAt('document', asString(part['file_url']));
    default:
      return null;
  }
}

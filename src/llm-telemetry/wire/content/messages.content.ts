import { asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { ContentMessage, ContentPart, ContentReader, RequestContent } from './content.js';
import {
  assistantMessages,
  asText,
  mediaAt,
  partsOf,
  requestContent,
  resultText,
  TextCollector,
  textPart,
} from './parts.js';

/** Reads the content of Anthropic Messages. Source: see `formats/messages.ts`. */
export class MessagesContent implements ContentReader {
  private readonly blocks = new Map<number, StreamedBlock>();
  private whole: readonly ContentPart[] | null = null;
  private stopReason: string | null = null;

  constructor(private readonly limit: number) {}

  readRequest(body: JsonObject): RequestContent {
    return requestContent(body, readBlock);
  }

  readResponse(body: JsonObject): void {
    if (body['type'] === 'error') return;
    this.whole = partsOf(body['content'], readBlock);
    this.stopReason = asString(body['stop_reason']);
  }

  readEvent(event: JsonObject): void {
    const index = asNumber(event['index']) ?? 0;
    switch (event['type']) {
      case 'content_block_start':
        if (this.blocks.size === MAX_BLOCKS) return;
        this.blocks.set(index, new StreamedBlock(asObject(event['content_block']) ?? {}, this.limit));
        return;
      case 'content_block_delta':
        this.blocks.get(index)?.add(asObject(event['delta']) ?? {});
        return;
      case 'message_delta':
        this.stopReason = asString(asObject(event['delta'])?.['stop_reason']) ?? this.stopReason;
        return;
    }
  }

  output(): readonly ContentMessage[] {
    const parts =
      this.whole ??
      [...this.blocks.values()].flatMap((block) => {
        const part = block.part();
        return part ? [part] : [];
      });
    return assistantMessages(parts, this.stopReason);
  }
}

/** Maximum number of blocks of one response. */
const MAX_BLOCKS = 1024;

/** Collects the deltas of a block. The result of a tool is complete from the start. */
class StreamedBlock {
  private readonly pieces: TextCollector;

  constructor(
    private readonly start: JsonObject,
    limit: number,
  ) {
    this.pieces = new TextCollector(limit);
  }

  add(delta: JsonObject): void {
    this.pieces.add(
      asString(delta['text']) ?? asString(delta['partial_json']) ?? asString(delta['thinking']),
    );
  }

  part(): ContentPart | null {
    if (this.pieces.isEmpty) return readBlock(this.start);
    const text = this.pieces.toString();
    switch (this.start['type']) {
      case 'thinking':
        return { type: 'reasoning', content: text };
      case 'tool_use':
      case 'server_tool_use':
      case 'mcp_tool_use':
        return toolCall(this.start, text);
      default:
        return textPart(text);
    }
  }
}

function readBlock(block: JsonObject): ContentPart | null {
  const type = asString(block['type']) ?? '';
  switch (type) {
    case 'text':
      return asString(block['text']) === null ? null : textPart(asText(block['text']));
    case 'thinking':
      return asString(block['thinking']) === null
        ? null
        : { type: 'reasoning', content: asText(block['thinking']) };
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return toolCall(block, asText(block['input']));
    case 'image':
    case 'document': {
      const source = asObject(block['source']);
      const modality = type === 'image' ? 'image' : 'document';
      if (source?.['type'] === 'url') return mediaAt(modality, asString(source['url']));
      if (source?.['type'] === 'text') return textPart(asText(source['data']));
      return { type: 'blob', modality, mime_type: asString(source?.['media_type']) };
    }
    default:
      // `tool_result`, `web_search_tool_result`, …
      return type.endsWith('tool_result')
        ? {
            type: 'tool_call_response',
            id: asString(block['tool_use_id']),
            response: resultText(block['content']),
          }
        : null;
  }
}

function toolCall(block: JsonObject, text: string): ContentPart {
  return {
    type: 'tool_call',
    id: asString(block['id']),
    name: asString(block['name']) ?? '',
    arguments: text,
  };
}

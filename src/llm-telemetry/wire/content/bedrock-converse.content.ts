import { asArray, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
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

/**
 * Reads the content of Amazon Bedrock Converse, and of Amazon Nova, whose messages are the same. Source: see
 * `formats/bedrock-converse.ts`.
 */
export class ConverseContent implements ContentReader {
  private readonly blocks = new Map<number, StreamedBlock>();
  private whole: readonly ContentPart[] | null = null;
  private stopReason: string | null = null;

  constructor(private readonly limit: number) {}

  readRequest(body: JsonObject): RequestContent {
    return requestContent(body, readBlock);
  }

  readResponse(body: JsonObject): void {
    const message = asObject(asObject(body['output'])?.['message']);
    if (message) this.whole = partsOf(message['content'], readBlock);
    this.stopReason = asString(body['stopReason']);
  }

  /** Reads the payload of a frame, or the same event with its name as its only member, as Nova sends it. */
  readEvent(event: JsonObject): void {
    const start = asObject(event['start']) ?? asObject(asObject(event['contentBlockStart'])?.['start']);
    const delta = asObject(event['delta']) ?? asObject(asObject(event['contentBlockDelta'])?.['delta']);
    if (start) this.blockOf(event)?.begin(start);
    if (delta) this.blockOf(event)?.add(delta);
    const stop = asString(event['stopReason']) ?? asString(asObject(event['messageStop'])?.['stopReason']);
    this.stopReason = stop ?? this.stopReason;
  }

  output(): readonly ContentMessage[] {
    const parts = this.whole ?? [...this.blocks.values()].flatMap((block) => block.parts());
    return assistantMessages(parts, this.stopReason);
  }

  private blockOf(event: JsonObject): StreamedBlock | undefined {
    const named = asObject(event['contentBlockStart']) ?? asObject(event['contentBlockDelta']) ?? event;
    const index = asNumber(named['contentBlockIndex']) ?? 0;
    const known = this.blocks.get(index);
    if (known || this.blocks.size === MAX_BLOCKS) return known;
    const block = new StreamedBlock(this.limit);
    this.blocks.set(index, block);
    return block;
  }
}

/** Maximum number of blocks of one response. */
const MAX_BLOCKS = 1024;

/** Collects the deltas of a block. */
class StreamedBlock {
  private tool: JsonObject | null = null;
  private isReasoning = false;
  private readonly pieces: TextCollector;

  constructor(limit: number) {
    this.pieces = new TextCollector(limit);
  }

  begin(start: JsonObject): void {
    this.tool = asObject(start['toolUse']);
  }

  add(delta: JsonObject): void {
    const reasoning = asObject(delta['reasoningContent']);
    if (reasoning) this.isReasoning = true;
    const piece = asString(delta['text']) ?? asString(reasoning?.['text']);
    this.pieces.add(piece ?? asString(asObject(delta['toolUse'])?.['input']));
  }

  parts(): readonly ContentPart[] {
    const text = this.pieces.toString();
    if (this.tool) return [toolCall(this.tool, text)];
    if (text === '') return [];
    return [this.isReasoning ? { type: 'reasoning', content: text } : textPart(text)];
  }
}

/** Binary members and their modality. */
const MEDIA = ['image', 'document', 'video', 'audio'] as const;

function readBlock(block: JsonObject): ContentPart | null {
  const text =
    asString(block['text']) ?? asString(asObject(asObject(block['guardContent'])?.['text'])?.['text']);
  if (text !== null) return textPart(text);
  const tool = asObject(block['toolUse']);
  if (tool) return toolCall(tool, asText(tool['input']));
  const result = asObject(block['toolResult']);
  if (result) {
    return {
      type: 'tool_call_response',
      id: asString(result['toolUseId']),
      response: resultText(asArray(result['content']).map(textOfResult)),
    };
  }
  const reasoning = asObject(asObject(block['reasoningContent'])?.['reasoningText']);
  if (reasoning) return { type: 'reasoning', content: asText(reasoning['text']) };
  for (const modality of MEDIA) {
    const media = asObject(block[modality]);
    if (media)
      return mediaAt(modality, asString(asObject(asObject(media['source'])?.['s3Location'])?.['uri']));
  }
  return null;
}

/** A result is text or JSON. */
function textOfResult(entry: unknown): unknown {
  const json = asObject(entry)?.['json'];
  return json === undefined ? entry : asText(json);
}

function toolCall(tool: JsonObject, text: string): ContentPart {
  return {
    type: 'tool_call',
    id: asString(tool['toolUseId']),
    name: asString(tool['name']) ?? '',
    arguments: text,
  };
}

import { asArray, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import { ConverseContent } from './bedrock-converse.content.js';
import { ChatCompletionsContent } from './chat-completions.content.js';
import type { ContentMessage, ContentReader, RequestContent } from './content.js';
import { MessagesContent } from './messages.content.js';
import { partsOf } from './parts.js';
import { PlainTextContent } from './plain-text.content.js';

/**
 * Reads the content of InvokeModel by the shape of the maker's bodies. Source: see `formats/bedrock-makers.ts`.
 */
export class InvokeContent implements ContentReader {
  private reader: ContentReader | null = null;

  constructor(private readonly limit: number) {}

  readRequest(body: JsonObject): RequestContent {
    if (Array.isArray(body['messages'])) return this.readerOfRequest(body).readRequest(body);
    const field = INPUTS.find((name) => body[name] !== undefined);
    const parts = field === undefined ? [] : partsOf(body[field], () => null);
    const input = parts.length === 0 ? [] : [{ role: 'user', parts }];
    return { system: partsOf(body['preamble'], () => null), input };
  }

  readResponse(body: JsonObject): void {
    this.readerOfResponse(body).readResponse(isText(body) ? textIn(body) : body);
  }

  /** Reads a chunk, or the event itself. */
  readEvent(chunk: JsonObject): void {
    const bytes = asString(chunk['bytes']);
    const event = bytes === null ? chunk : asObject(parseJson(Buffer.from(bytes, 'base64').toString('utf8')));
    if (!event) return;
    this.reader ??= this.readerOfResponse(event);
    this.reader.readEvent(isText(event) ? textIn(withoutRepetition(event)) : event);
  }

  output(): readonly ContentMessage[] {
    return this.reader?.output() ?? [];
  }

  private readerOfRequest(body: JsonObject): ContentReader {
    if (body['anthropic_version'] !== undefined) return new MessagesContent(this.limit);
    const first = asObject(asArray(asObject(asArray(body['messages'])[0])?.['content'])[0]);
    // Parts of Nova have no type.
    const isNova = first !== null && first['type'] === undefined;
    return isNova ? new ConverseContent(this.limit) : new ChatCompletionsContent(this.limit);
  }

  private readerOfResponse(body: JsonObject): ContentReader {
    if (body['type'] !== undefined) this.reader = new MessagesContent(this.limit);
    else if (body['choices'] !== undefined) this.reader = new ChatCompletionsContent(this.limit);
    else if (isText(body)) this.reader = new PlainTextContent(TEXT, this.limit);
    else this.reader = new ConverseContent(this.limit);
    return this.reader;
  }
}

/** Members with the input text, by the names of the makers. */
const INPUTS = ['prompt', 'inputText', 'message', 'texts'] as const;

/** Members with the output text, or with a list of outputs. */
const OUTPUTS = [
  'event_type',
  'generation',
  'outputText',
  'text',
  'completion',
  'results',
  'outputs',
  'generations',
] as const;

const TEXT = { input: 'prompt', output: 'text', piece: 'text' } as const;

function isText(body: JsonObject): boolean {
  return body['type'] === undefined && OUTPUTS.some((name) => body[name] !== undefined);
}

/** The last event of Cohere repeats the whole text. */
function withoutRepetition(event: JsonObject): JsonObject {
  return event['event_type'] === 'stream-end' ? { finish_reason: event['finish_reason'] } : event;
}

/** Converts a body or an event to choices with a `text`. */
function textIn(body: JsonObject): JsonObject {
  const outputs = [body, ...['results', 'outputs', 'generations'].flatMap((name) => asArray(body[name]))];
  const choices = outputs.map((entry) => {
    const output = asObject(entry) ?? {};
    const text = output['generation'] ?? output['outputText'] ?? output['completion'] ?? output['text'];
    const finish = output['stop_reason'] ?? output['completionReason'] ?? output['finish_reason'];
    return { text, finish_reason: finish };
  });
  return {
    choices: choices.filter(({ text, finish_reason: finish }) => text !== undefined || finish !== undefined),
  };
}

import { MAX_NAMES } from '../../text/bounded-name.js';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import { member } from '../json/proto-json.js';
import type { ContentMessage, ContentPart, ContentReader, RequestContent } from './content.js';
import { asText, partsOf, resultText, TextCollector, textPart } from './parts.js';

/** Reads the content of Gemini `generateContent`. Source: see `formats/gemini.ts`. */
export class GeminiContent implements ContentReader {
  private readonly candidates = new Map<number, Candidate>();

  constructor(private readonly limit: number) {}

  readRequest(body: JsonObject): RequestContent {
    const request = asObject(body['request']) ?? body;
    return {
      system: contentParts(member(request, 'systemInstruction')),
      input: messagesOf(request['contents']),
    };
  }

  readResponse(body: JsonObject): void {
    this.readEvent(body);
  }

  readEvent(event: JsonObject): void {
    const response = asObject(event['response']) ?? event;
    for (const entry of asArray(response['candidates'])) {
      const candidate = asObject(entry);
      if (!candidate) continue;
      const index = asNumber(candidate['index']) ?? 0;
      let known = this.candidates.get(index);
      if (!known && this.candidates.size === MAX_NAMES) return;
      if (!known) this.candidates.set(index, (known = new Candidate(this.limit)));
      known.add(candidate);
    }
  }

  output(): readonly ContentMessage[] {
    return [...this.candidates.values()].flatMap((candidate) => candidate.message() ?? []);
  }
}

/** Maximum number of parts of one candidate. */
const MAX_PARTS = 1024;

/** Joins the text parts of a candidate's chunks. All other parts are complete in one chunk. */
class Candidate {
  private readonly parts: Array<
    ContentPart | { readonly type: 'text' | 'reasoning'; readonly text: TextCollector }
  > = [];
  private finish: string | null = null;

  constructor(private readonly limit: number) {}

  add(candidate: JsonObject): void {
    this.finish = asString(candidate['finishReason']) ?? this.finish;
    for (const entry of asArray(asObject(candidate['content'])?.['parts'])) {
      const part = asObject(entry);
      const read = part && readPart(part);
      if (!read) continue;
      if (read.type !== 'text' && read.type !== 'reasoning') {
        if (this.parts.length < MAX_PARTS) this.parts.push(read);
        continue;
      }
      const last = this.parts.at(-1);
      if (last && 'text' in last && last.type === read.type) {
        last.text.add(read.content);
      } else if (this.parts.length < MAX_PARTS) {
        const text = new TextCollector(this.limit);
        text.add(read.content);
        this.parts.push({ type: read.type, text });
      }
    }
  }

  message(): ContentMessage | null {
    if (this.parts.length === 0 && this.finish === null) return null;
    const parts = this.parts.map((part): ContentPart =>
      'text' in part ? { type: part.type, content: part.text.toString() } : part,
    );
    return { role: 'assistant', parts, ...(this.finish === null ? {} : { finish_reason: this.finish }) };
  }
}

/** Reads the content of Gemini's embedding requests: `content`, `requests` and the `instances` of Vertex AI. */
export class GeminiEmbeddingsContent implements ContentReader {
  readRequest(body: JsonObject): RequestContent {
    const contents = [
      ...(body['content'] === undefined ? [] : [body['content']]),
      ...asArray(body['requests']).map((entry) => asObject(entry)?.['content']),
      ...asArray(body['instances']).map((entry) => {
        const instance = asObject(entry);
        return { parts: [{ text: instance?.['content'] ?? instance?.['text'] }] };
      }),
    ];
    const parts = contents.flatMap(contentParts);
    return { system: [], input: parts.length === 0 ? [] : [{ role: 'user', parts }] };
  }

  readResponse(): void {}

  readEvent(): void {}

  output(): readonly ContentMessage[] {
    return [];
  }
}

function messagesOf(contents: unknown): ContentMessage[] {
  // A single content and a text are accepted as well.
  const list = Array.isArray(contents) ? (contents as readonly unknown[]) : [contents];
  return list.flatMap((entry): ContentMessage[] => {
    const parts = contentParts(entry);
    if (parts.length === 0) return [];
    return [{ role: asString(asObject(entry)?.['role']) ?? 'user', parts }];
  });
}

function contentParts(content: unknown): ContentPart[] {
  if (typeof content === 'string') return partsOf(content, readPart);
  const parts = asObject(content)?.['parts'];
  return partsOf(Array.isArray(parts) ? parts : parts === undefined ? [] : [parts], readPart);
}

function readPart(part: JsonObject): ContentPart | null {
  const text = asString(part['text']);
  if (text !== null) return part['thought'] === true ? { type: 'reasoning', content: text } : textPart(text);
  const call = asObject(member(part, 'functionCall'));
  if (call) {
    const name = asString(call['name']);
    // Streamed arguments follow in parts without a name.
    if (name === null) return null;
    return { type: 'tool_call', id: asString(call['id']), name, arguments: asText(call['args']) };
  }
  const response = asObject(member(part, 'functionResponse'));
  if (response)
    return {
      type: 'tool_call_response',
      id: asString(response['id']) ?? asString(response['name']),
      response: resultText(response['response']),
    };
  const blob = asObject(member(part, 'inlineData'));
  const file = asObject(member(part, 'fileData'));
  const mimeType = asString(member(blob ?? file, 'mimeType'));
  const uri = asString(member(file, 'fileUri'));
  if (uri !== null) return { type: 'uri', modality: modalityOf(mimeType), uri };
  if (blob) return { type: 'blob', modality: modalityOf(mimeType), mime_type: mimeType };
  const code = asObject(member(part, 'executableCode'));
  return code ? textPart(asText(code['code'])) : null;
}

/** Returns the modality of a media type; `document` for files other than images, audio and video. */
function modalityOf(mimeType: string | null): string {
  return /^(image|audio|video)\//.exec(mimeType ?? '')?.[1] ?? 'document';
}

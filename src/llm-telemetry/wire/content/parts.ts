import { asArray, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import type { ContentMessage, ContentPart, RequestContent } from './content.js';

/** Content parts that several formats share. */

export function textPart(content: string): ContentPart {
  return { type: 'text', content };
}

/** Returns the parts of a `content` that is a string or a list; `read` converts each item of a list. */
export function partsOf(content: unknown, read: (item: JsonObject) => ContentPart | null): ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)];
  const parts: ContentPart[] = [];
  for (const entry of asArray(content)) {
    if (typeof entry === 'string') {
      parts.push(textPart(entry));
      continue;
    }
    const item = asObject(entry);
    const part = item && read(item);
    if (part) parts.push(part);
  }
  return parts;
}

/** Reads a request whose `messages` and `system` have parts; `read` converts each part. */
export function requestContent(
  body: JsonObject,
  read: (item: JsonObject) => ContentPart | null,
): RequestContent {
  const input = asArray(body['messages']).flatMap((entry) => {
    const message = asObject(entry);
    if (!message) return [];
    return [{ role: asString(message['role']) ?? 'user', parts: partsOf(message['content'], read) }];
  });
  return { system: partsOf(body['system'], read), input };
}

/** Returns the message of a response; no message if it has neither parts nor a finish reason. */
export function assistantMessages(
  parts: readonly ContentPart[],
  finish: string | null,
): readonly ContentMessage[] {
  if (parts.length === 0 && finish === null) return [];
  const message = { role: 'assistant', parts };
  return [finish === null ? message : { ...message, finish_reason: finish }];
}

/** Returns the part of an image, audio or file at a URL. The data of a `data:` URL is omitted. */
export function mediaAt(modality: string, url: string | null): ContentPart {
  const data = url === null ? null : /^data:([^;,]*)/.exec(url);
  if (url === null || data) return { type: 'blob', modality, mime_type: data?.[1] || null };
  return { type: 'uri', modality, uri: url };
}

/** Returns the result of a tool as text, without images, files and encrypted data. */
export function resultText(result: unknown): string {
  if (!Array.isArray(result)) return asString(result) ?? asText(asObject(result) && withoutEncoded(result));
  return result
    .map((entry: unknown) => {
      const item = asObject(entry);
      return asString(entry) ?? asString(item?.['text']) ?? asString(item?.['url']) ?? '';
    })
    .filter((text) => text !== '')
    .join('\n');
}

/** Members with encoded files or encrypted data. */
const ENCODED = /^(?:data|file_data|image_url|signature|encrypted_\w+)$/;

function withoutEncoded(value: unknown): unknown {
  return parseJson(asTextWithout(ENCODED, value));
}

function asTextWithout(keys: RegExp, value: unknown): string {
  try {
    return JSON.stringify(value, (key, member: unknown) => (keys.test(key) ? undefined : member));
  } catch {
    // See `asText`.
    return '';
  }
}

/** Converts a JSON value to text. Strings are returned unchanged. */
export function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  try {
    return asString(value) ?? JSON.stringify(value);
  } catch {
    // Deep nesting overflows the stack.
    return '';
  }
}

/**
 * Concatenates the deltas of a text up to a limit.
 */
export class TextCollector {
  private readonly pieces: string[] = [];
  private length = 0;

  /** @param limit - maximum number of characters */
  constructor(private readonly limit: number) {}

  add(piece: string | null): void {
    // One character beyond the limit is kept, so that the caller sees that the text was cut.
    if (piece === null || piece === '' || this.length > this.limit) return;
    this.length += piece.length;
    this.pieces.push(piece);
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  toString(): string {
    return this.pieces.join('').slice(0, this.limit + 1);
  }
}

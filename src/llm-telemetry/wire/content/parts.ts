import { asArray, asObject, asString, parseJson, type JsonObject } from '../json/json-value.js';
import type { ContentPart } from './content.js';

/** Pieces of content that the formats have in common. */

export function textPart(content: string): ContentPart {
  return { type: 'text', content };
}

/** The parts of a `content` that is a string, or a list of which each item is read by `read`. */
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

/** A picture, sound or file at a URL. What is in a `data:` URL is left out. */
export function mediaAt(modality: string, url: string | null): ContentPart {
  const data = url === null ? null : /^data:([^;,]*)/.exec(url);
  if (url === null || data) return { type: 'blob', modality, mime_type: data?.[1] || null };
  return { type: 'uri', modality, uri: url };
}

/** The result of a tool as text. Pictures, files and what is encrypted in it are left out. */
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

/** Members that hold a file, or what only the provider can read. */
const ENCODED = /^(?:data|file_data|image_url|signature|encrypted_\w+)$/;

function withoutEncoded(value: unknown): unknown {
  return parseJson(asTextWithout(ENCODED, value));
}

function asTextWithout(keys: RegExp, value: unknown): string {
  try {
    return JSON.stringify(value, (key, member: unknown) => (keys.test(key) ? undefined : member));
  } catch {
    // As in `asText`.
    return '';
  }
}

/** A value of JSON as text: a string as it is. */
export function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  try {
    return asString(value) ?? JSON.stringify(value);
  } catch {
    // It is nested deeper than the stack reaches.
    return '';
  }
}

/** Text sizes for token estimates. Only counts bytes and retains nothing. */

/** Keys whose strings are not input text of the model: encoded media, ids and type names. */
const NOT_TEXT = new Set([
  'data',
  'image_url',
  'image_base64',
  'url',
  'file_data',
  'file_id',
  'id',
  'type',
  'role',
  'media_type',
  'signature',
  'thoughtSignature',
  'mimeType',
  'fileUri',
]);

/** Maximum depth that is counted. Deeper nesting could overflow the stack, and no real message has it. */
const MAX_DEPTH = 128;

/** Returns the UTF-8 bytes of all text in a JSON value, without encoded images, audio and files. */
export function textBytes(value: unknown, depth = 0): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return 0;
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += textBytes(item, depth + 1);
    return bytes;
  }
  for (const key in value) {
    if (!NOT_TEXT.has(key)) bytes += textBytes((value as Record<string, unknown>)[key], depth + 1);
  }
  return bytes;
}

/**
 * Returns the UTF-8 bytes of the first non-empty string after one of `keys` in unparsed JSON. Each key includes its
 * quotes, the colon and the opening quote of the value. Escape sequences are counted as written.
 */
export function jsonStringBytes(json: string, keys: readonly string[]): number {
  for (const key of keys) {
    const found = json.indexOf(key);
    if (found < 0) continue;
    const start = found + key.length;
    let end = json.indexOf('"', start);
    while (end > start && isEscaped(json, end)) end = json.indexOf('"', end + 1);
    if (end > start) return Buffer.byteLength(json.slice(start, end));
  }
  return 0;
}

/** Returns whether an odd number of backslashes precedes the character at `index`. */
export function isEscaped(json: string, index: number): boolean {
  let backslashes = 0;
  while (json.charCodeAt(index - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

/** How much text there is, for estimates: bytes are counted, nothing is kept. */

/** Keys whose strings are not text to the model: encoded media, ids and names of kinds. */
const NOT_TEXT = new Set([
  'data',
  'image_url',
  'url',
  'file_data',
  'file_id',
  'id',
  'type',
  'role',
  'media_type',
  'signature',
]);

/** No message is nested as deep. What is deeper is not counted: a value can be nested deeper than the stack reaches. */
const DEEPEST = 128;

/** UTF-8 bytes of all text inside a JSON value, encoded images, audio and files left out. */
export function textBytes(value: unknown, depth = 0): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return 0;
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
 * UTF-8 bytes of the first string with anything in it that stands behind one of `keys` (each with its quotes, colon and
 * opening quote) in unparsed JSON. An escape counts as written, which is close enough for an estimate.
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

/** Whether the character at `index` has an odd number of backslashes before it. */
export function isEscaped(json: string, index: number): boolean {
  let backslashes = 0;
  while (json.charCodeAt(index - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

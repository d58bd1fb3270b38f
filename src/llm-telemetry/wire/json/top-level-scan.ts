import { detached } from '../../text/bounded-name.js';
import { isEscaped } from './text-bytes.js';
import { parseJson } from './json-value.js';

/** Result of a scan. */
export interface ScannedObject {
  /** The wanted members, parsed or as JSON text. */
  readonly members: Readonly<Record<string, unknown>>;
  /** The names of all scanned members. */
  readonly keys: readonly string[];
  /** True if all members were scanned. */
  readonly complete: boolean;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Reads a few top-level members of a JSON object without parsing the rest. Members in `asJson` are returned as JSON
 * text. A prompt can be a member of several megabytes between short ones, so the scan starts at both ends and stops on
 * each side at the first value that is too long to skip. Members between two long values are not found.
 *
 * Returns `null` if the text is not a JSON object. Never throws.
 */
export function scanTopLevel(
  json: string,
  wanted: ReadonlySet<string>,
  asJson: ReadonlySet<string> = NONE,
): ScannedObject | null {
  const start = skipSpace(json, 0);
  if (json.charCodeAt(start) !== BRACE_OPEN) return null;
  const scan = new TopLevelScan(json, wanted, asJson);
  scan.complete = scan.forward(start + 1);
  if (!scan.complete) scan.backward();
  return scan;
}

/** A scan runs for each request and most responses, so it allocates little more than what it returns. */
class TopLevelScan implements ScannedObject {
  readonly members: Record<string, unknown> = {};
  readonly keys: string[] = [];
  complete = false;

  constructor(
    private readonly json: string,
    private readonly wanted: ReadonlySet<string>,
    private readonly asJson: ReadonlySet<string>,
  ) {}

  /** Returns true if the end of the object was reached. */
  forward(from: number): boolean {
    const { json } = this;
    let at = skipSpace(json, from);
    while (json.charCodeAt(at) === QUOTE) {
      const keyEnd = stringEnd(json, at);
      if (keyEnd < 0) return false;
      const key = json.slice(at + 1, keyEnd);
      this.keys.push(key);
      at = skipSpace(json, keyEnd + 1);
      if (json.charCodeAt(at) !== COLON) return false;
      const valueStart = skipSpace(json, at + 1);
      const valueEnd = valueEndFrom(json, valueStart);
      if (valueEnd < 0) return false;
      this.take(key, valueStart, valueEnd);
      at = skipSpace(json, valueEnd);
      if (json.charCodeAt(at) !== COMMA) return json.charCodeAt(at) === BRACE_CLOSE;
      at = skipSpace(json, at + 1);
    }
    return json.charCodeAt(at) === BRACE_CLOSE;
  }

  backward(): void {
    const { json } = this;
    let at = skipSpaceBack(json, json.length - 1);
    if (json.charCodeAt(at) !== BRACE_CLOSE) return;
    at = skipSpaceBack(json, at - 1);
    for (;;) {
      const valueEnd = at + 1;
      const valueStart = valueStartFrom(json, at);
      if (valueStart < 0) return;
      at = skipSpaceBack(json, valueStart - 1);
      if (json.charCodeAt(at) !== COLON) return;
      at = skipSpaceBack(json, at - 1);
      if (json.charCodeAt(at) !== QUOTE) return;
      const keyStart = stringStart(json, at);
      if (keyStart < 0) return;
      const key = json.slice(keyStart + 1, at);
      this.keys.push(key);
      this.take(key, valueStart, valueEnd);
      at = skipSpaceBack(json, keyStart - 1);
      if (json.charCodeAt(at) !== COMMA) return;
      at = skipSpaceBack(json, at - 1);
    }
  }

  private take(key: string, from: number, to: number): void {
    if (this.wanted.has(key)) {
      if (Object.hasOwn(this.members, key)) return;
      const value = valueOf(this.json, from, to);
      if (value !== undefined) this.members[key] = value;
    } else if (this.asJson.has(key)) this.members[key] ??= this.json.slice(from, to);
  }
}

/** Avoids the JSON parser for plain strings, which are most of the values. */
function valueOf(json: string, from: number, to: number): unknown {
  const text = json.slice(from, to);
  if (json.charCodeAt(from) !== QUOTE || text.includes('\\')) return parseJson(text);
  return detached(text.slice(1, -1));
}

/** Maximum number of strings and brackets in a value that is skipped. */
const MAX_SKIPPED_TOKENS = 256;

/** Maximum number of characters outside strings in a value that is skipped backward. */
const MAX_WALKED = 16_384;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Returns the index after the value that starts at `at`; -1 if it is too long or invalid. */
function valueEndFrom(json: string, at: number): number {
  const first = json.charCodeAt(at);
  if (first === QUOTE) {
    const end = stringEnd(json, at);
    return end < 0 ? -1 : end + 1;
  }
  if (first !== BRACE_OPEN && first !== BRACKET_OPEN) {
    let end = at;
    while (end < json.length && !isDelimiter(json.charCodeAt(end))) end++;
    return end;
  }
  let depth = 0;
  let steps = 0;
  let mayHaveNumbers = true;
  for (let index = at; index < json.length && steps < MAX_SKIPPED_TOKENS; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      index = stringEnd(json, index);
      if (index < 0) return -1;
      steps++;
    } else if (code === BRACE_OPEN || code === BRACKET_OPEN) {
      depth++;
      steps++;
      if (code === BRACKET_OPEN && mayHaveNumbers && isNumberAt(json, index + 1)) {
        const end = numbersEnd(json, index);
        // Other lists are not searched, so that no text is searched again and again.
        if (end < 0) mayHaveNumbers = false;
        else index = end - 1;
      }
    } else if (code === BRACE_CLOSE || code === BRACKET_CLOSE) {
      if (--depth === 0) return index + 1;
    }
  }
  return -1;
}

function isNumberAt(json: string, at: number): boolean {
  const code = json.charCodeAt(skipSpace(json, at));
  return code === MINUS || (code >= ZERO && code <= NINE);
}

/**
 * Returns the index of the bracket that ends the list opened at `open`; -1 if the list does not end, or has other elements
 * than numbers. A vector is 30 kB of numbers, which are searched twenty times as fast as they are read.
 */
function numbersEnd(json: string, open: number): number {
  const end = json.indexOf(']', open);
  if (end < 0) return -1;
  return hasOther(json.slice(open + 1, end)) ? -1 : end;
}

function hasOther(text: string): boolean {
  return text.includes('"') || text.includes('[') || text.includes('{');
}

/** Returns the index of the first character of the value that ends at `at`; -1 if it is too long or invalid. */
function valueStartFrom(json: string, at: number): number {
  const last = json.charCodeAt(at);
  if (last === QUOTE) return stringStart(json, at);
  if (last !== BRACE_CLOSE && last !== BRACKET_CLOSE) {
    let start = at;
    while (start > 0 && !isDelimiter(json.charCodeAt(start - 1))) start--;
    return start;
  }
  let depth = 0;
  let steps = 0;
  let walked = 0;
  for (let index = at; index > 0 && steps < MAX_SKIPPED_TOKENS && walked < MAX_WALKED; index--) {
    walked++;
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      index = stringStart(json, index);
      if (index < 0) return -1;
      steps++;
    } else if (code === BRACE_CLOSE || code === BRACKET_CLOSE) {
      depth++;
      steps++;
    } else if (code === BRACE_OPEN || code === BRACKET_OPEN) {
      if (--depth === 0) return index;
    }
  }
  return -1;
}

/** Maximum number of escaped quotes in a string that is skipped. */
const MAX_ESCAPED_QUOTES = 512;

/** Returns the index of the closing quote of the string opened at `open`; -1 if it is not found. */
function stringEnd(json: string, open: number): number {
  let end = json.indexOf('"', open + 1);
  for (let escaped = 0; end > 0; escaped++) {
    if (json.charCodeAt(end - 1) !== BACKSLASH || !isEscaped(json, end)) return end;
    if (escaped === MAX_ESCAPED_QUOTES) return -1;
    end = json.indexOf('"', end + 1);
  }
  return -1;
}

/**
 * Returns the index of the opening quote of the string closed at `close`: the first quote before it that is not
 * escaped.
 */
function stringStart(json: string, close: number): number {
  let start = json.lastIndexOf('"', close - 1);
  for (let escaped = 0; start >= 0; escaped++) {
    if (json.charCodeAt(start - 1) !== BACKSLASH || !isEscaped(json, start)) return start;
    if (escaped === MAX_ESCAPED_QUOTES) return -1;
    start = json.lastIndexOf('"', start - 1);
  }
  return -1;
}

function isDelimiter(code: number): boolean {
  return code === COMMA || code === COLON || code === BRACE_CLOSE || code === BRACKET_CLOSE || code <= 0x20;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) <= 0x20) at++;
  return at;
}

function skipSpaceBack(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) <= 0x20) at--;
  return at;
}

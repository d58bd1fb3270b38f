import { detached } from '../../text/bounded-name.js';
import { isEscaped } from './text-bytes.js';
import { parseJson } from './json-value.js';

/** What a scan found. */
export interface ScannedObject {
  /** The wanted members: parsed, or the JSON that they are written in. */
  readonly members: Readonly<Record<string, unknown>>;
  /** The names of all members that it passed. */
  readonly keys: ReadonlySet<string>;
  /** Whether it passed all of them. */
  readonly complete: boolean;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Reads a few top-level members of a JSON object without parsing the rest; those of `asJson` are given as the text that
 * they are. A prompt can be megabytes long and stands as one member between the short ones, so the scan walks from both
 * ends and stops on each side at the first value that is too long to step over. Members between two long values are not
 * seen.
 *
 * Answers `null` for what is not a JSON object. Nothing here throws.
 */
export function scanTopLevel(
  json: string,
  wanted: ReadonlySet<string>,
  asJson: ReadonlySet<string> = NONE,
): ScannedObject | null {
  const members: Record<string, unknown> = {};
  const keys = new Set<string>();
  const start = skipSpace(json, 0);
  if (json.charCodeAt(start) !== BRACE_OPEN) return null;

  const take = (key: string, from: number, to: number): void => {
    keys.add(key);
    if (key in members) return;
    if (asJson.has(key)) members[key] = json.slice(from, to);
    if (!wanted.has(key)) return;
    const value = parseValue(json, from, to);
    if (value !== undefined) members[key] = value;
  };
  const note = (key: string): void => void keys.add(key);

  const complete = scanForward(json, start + 1, take, note);
  if (!complete) scanBackward(json, take);
  return { members, keys, complete };
}

/** Most values are a plain string, a number or a flag, for which a parser is a long way round. */
function parseValue(json: string, from: number, to: number): unknown {
  const text = json.slice(from, to);
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text.charCodeAt(0) === QUOTE && !text.includes('\\')) return detached(text.slice(1, -1));
  return parseJson(text);
}

/** How many tokens (strings, brackets, runs between them) a value may have and still be stepped over. */
const LONGEST_STEP = 256;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

type Take = (key: string, from: number, to: number) => void;

/** True when it reached the end of the object. */
function scanForward(json: string, from: number, take: Take, note: (key: string) => void): boolean {
  let at = skipSpace(json, from);
  while (json.charCodeAt(at) === QUOTE) {
    const keyEnd = stringEnd(json, at);
    if (keyEnd < 0) return false;
    const key = json.slice(at + 1, keyEnd);
    note(key);
    at = skipSpace(json, keyEnd + 1);
    if (json.charCodeAt(at) !== COLON) return false;
    const valueStart = skipSpace(json, at + 1);
    const valueEnd = valueEndFrom(json, valueStart);
    if (valueEnd < 0) return false;
    take(key, valueStart, valueEnd);
    at = skipSpace(json, valueEnd);
    if (json.charCodeAt(at) !== COMMA) return json.charCodeAt(at) === BRACE_CLOSE;
    at = skipSpace(json, at + 1);
  }
  return json.charCodeAt(at) === BRACE_CLOSE;
}

function scanBackward(json: string, take: Take): void {
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
    take(json.slice(keyStart + 1, at), valueStart, valueEnd);
    at = skipSpaceBack(json, keyStart - 1);
    if (json.charCodeAt(at) !== COMMA) return;
    at = skipSpaceBack(json, at - 1);
  }
}

/** Index behind the value that starts at `at`; -1 where it is too long or broken. */
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
  for (let index = at; index < json.length && steps < LONGEST_STEP; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      index = stringEnd(json, index);
      if (index < 0) return -1;
      steps++;
    } else if (code === BRACE_OPEN || code === BRACKET_OPEN) {
      depth++;
      steps++;
    } else if (code === BRACE_CLOSE || code === BRACKET_CLOSE) {
      if (--depth === 0) return index + 1;
    }
  }
  return -1;
}

/** Index of the first character of the value whose last one is at `at`; -1 where it is too long or broken. */
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
  for (let index = at; index > 0 && steps < LONGEST_STEP; index--) {
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

/** How many escaped quotes a string may have and still be stepped over. */
const MOST_ESCAPED_QUOTES = 512;

/** Index of the quote that closes the string opened at `open`. */
function stringEnd(json: string, open: number): number {
  let end = json.indexOf('"', open + 1);
  for (let escaped = 0; end > 0; escaped++) {
    if (json.charCodeAt(end - 1) !== BACKSLASH || !isEscaped(json, end)) return end;
    if (escaped === MOST_ESCAPED_QUOTES) return -1;
    end = json.indexOf('"', end + 1);
  }
  return -1;
}

/** Index of the quote that opens the string closed at `close`: inside a string every quote is escaped. */
function stringStart(json: string, close: number): number {
  let start = json.lastIndexOf('"', close - 1);
  for (let escaped = 0; start >= 0; escaped++) {
    if (json.charCodeAt(start - 1) !== BACKSLASH || !isEscaped(json, start)) return start;
    if (escaped === MOST_ESCAPED_QUOTES) return -1;
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

import type { Exchange, Framing } from '../exchanges/exchange.js';

/** Reads the events of a body from copied bytes. */
export interface EventReader {
  /** Adds the next bytes of the body. Does not keep the chunk. */
  push(chunk: Uint8Array): void;
  /**
   * Parses the complete events received so far, if the reader has not parsed them yet. `last`: no more events are
   * expected.
   */
  read(last?: boolean): void;
  /** Parses the rest. Called once, at the end of the body. */
  end(): void;
  /** True if an event was parsed. */
  readonly hasEvents: boolean;
  /** True if the body contains something other than events. */
  readonly hasForeignLines: boolean;
}

/**
 * Receives the data of an event.
 *
 * @param type - name of the event, if the framing names events outside their data; `null` otherwise
 */
export type OnEvent = (data: string, type: string | null) => void;

/**
 * Framings by media type. Sources: HTML Living Standard, “Server-sent events”; ndjson-spec; Cohere API reference, “Chat
 * (v1)”, streamed responses; Smithy specification, “Event streams”.
 */
const FRAMINGS: ReadonlyMap<string, Framing> = new Map([
  ['application/json', 'json'],
  ['text/event-stream', 'sse'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['application/jsonl', 'ndjson'],
  ['application/x-jsonlines', 'ndjson'],
  ['application/stream+json', 'ndjson'],
  ['application/vnd.amazon.eventstream', 'aws-event-stream'],
]);

/** Sets the framing that a response declares. Responses of a binary format are files unless they failed. */
export function declareFraming(exchange: Exchange, contentType: string | null): void {
  if (exchange.lines !== null && exchange.succeeded) {
    exchange.framing = 'ndjson';
    return;
  }
  exchange.framing = framingOf(contentType, exchange.request.format.isBinary === true && exchange.succeeded);
}

/**
 * Returns the framing that a content type declares; `json` for any other type, which can also be wrong.
 *
 * @param isBinary - responses are files unless their type is text or JSON
 */
export function framingOf(contentType: string | null, isBinary = false): Framing {
  if (contentType === null) return isBinary ? 'binary' : 'json';
  const end = contentType.indexOf(';');
  const mediaType = end < 0 ? contentType : contentType.slice(0, end);
  const declared = FRAMINGS.get(mediaType) ?? FRAMINGS.get(mediaType.trim().toLowerCase()) ?? 'json';
  return isBinary && declared === 'json' && !/\bjson\b|^\s*text\//i.test(mediaType) ? 'binary' : declared;
}

/** Returns whether the first bytes of a body are checked, because servers and proxies declare a wrong framing. */
export function isUncertain(declared: Framing): boolean {
  return declared === 'json' || declared === 'sse';
}

/**
 * Returns the framing of a body by its first bytes: streams are sent under other content types, and JSON errors as
 * server-sent events. Returns `unknown` if the bytes are neither an object, an array nor an event, and `null` if more
 * bytes are needed.
 *
 * @param streamed - the request asked for a stream, so that several JSON values or a JSON array are events
 */
export function sniffFraming(bytes: Uint8Array, streamed: boolean): Framing | 'unknown' | null {
  const start = skipWhitespace(bytes, startsWithMark(bytes) ? BYTE_ORDER_MARK.length : 0);
  const first = bytes[start];
  if (first === undefined) return null;
  if (first === COLON) return 'sse';
  if (first === OPENING_BRACKET) return streamed ? 'json-array' : 'json';
  if (first === OPENING_BRACE) return streamed ? framingOfObjects(bytes, start) : 'json';
  return framingOfField(bytes, start);
}

/** Two objects on separate lines cannot be one JSON value, whatever their content. */
function framingOfObjects(bytes: Uint8Array, start: number): Framing | null {
  const isEnough = bytes.length >= MAX_SNIFFED;
  const lineEnd = bytes.indexOf(LINE_FEED, start);
  if (lineEnd < 0) return isEnough ? 'json' : null;
  if (bytes[lastBefore(bytes, lineEnd)] !== CLOSING_BRACE) return 'json';
  const next = bytes[skipWhitespace(bytes, lineEnd)];
  if (next === undefined && !isEnough) return null;
  return next === OPENING_BRACE ? 'ndjson' : 'json';
}

function framingOfField(bytes: Uint8Array, start: number): 'sse' | 'unknown' | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(MAX_FIELD, bytes.length - start));
  const field = text.toString('latin1');
  for (const name of SSE_FIELDS) {
    if (field.startsWith(name)) return 'sse';
    if (name.startsWith(field)) return null;
  }
  return 'unknown';
}

const SSE_FIELDS = ['data:', 'event:', 'id:', 'retry:'] as const;
const MAX_FIELD = 6;
/** Bytes that are searched for the end of the first object. A longer one is the response. */
export const MAX_SNIFFED = 16 * 1024;

function startsWithMark(bytes: Uint8Array): boolean {
  return BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte);
}

/** Returns the index of the first byte at or after `from` that is not white space. */
export function skipWhitespace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && isWhitespace(bytes[at]!)) at++;
  return at;
}

function lastBefore(bytes: Uint8Array, end: number): number {
  let at = end - 1;
  while (at > 0 && isWhitespace(bytes[at]!)) at--;
  return at;
}

function isWhitespace(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

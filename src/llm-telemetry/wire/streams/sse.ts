import { detached } from '../../text/bounded-name.js';
import type { EventReader, OnEvent } from './framing.js';
import { releaseBuffer, POOLED_BUFFER_SIZE, acquireBuffer } from './buffer-pool.js';

/**
 * Parses server-sent events from copied bytes; the application's stream does not pass through it. Copies are buffered
 * and only parsed until the first token, when the buffer is full, and when the stream ends.
 *
 * Source: HTML Living Standard, “Server-sent events”, interpretation of an event stream.
 */
export class SseReader implements EventReader {
  private bytes: Buffer = EMPTY;
  private length = 0;
  /** Number of bytes at the start of the buffer that contain no line end. */
  private searched = 0;
  private data: string | null = null;
  private dataLines = 0;
  /** True if the event is named `error`. */
  private isError = false;
  /** True if `data` is a slice of the lines that are being parsed. */
  private isSlice = false;
  private begun = false;
  /** Bytes dropped from the middle of lines and from the end of events that are too long. */
  droppedBytes = 0;
  /** True if an event with data was parsed. */
  hasEvents = false;
  /** True if a line before the first event was not a field: the body is not an event stream. */
  hasForeignLines = false;

  /**
   * Receives complete lines, decoded as Latin-1, instead of `onEvent`. `last`: the stream has ended. Returns false if
   * the lines must be parsed.
   */
  skim: ((lines: string, last: boolean) => boolean) | null = null;

  constructor(private readonly onEvent: OnEvent) {}

  /** Copies a chunk. Parses only if the buffer would overflow. */
  push(chunk: Uint8Array): void {
    if (this.length + chunk.length > this.bytes.length) this.makeRoom(chunk.length);
    const room = this.bytes.length - this.length;
    if (chunk.length <= room) {
      this.bytes.set(chunk, this.length);
      this.length += chunk.length;
      return;
    }
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.bytes.length - this.length);
      this.bytes.set(part, this.length);
      this.length += part.length;
      at += part.length;
      if (this.length === this.bytes.length) this.read();
    }
  }

  /** Parses all complete lines. `last`: the stream has ended. */
  read(last = false): void {
    const end = lastLineEnd(this.bytes, this.searched, this.length);
    if (end < 0) {
      if (this.length === MAX_BUFFER_SIZE) this.dropMiddle();
      // A carriage return at the end may still end a line.
      this.searched = Math.max(0, this.length - 1);
      return;
    }
    const canSkim = this.skim !== null && this.data === null;
    if (!canSkim || !this.skim!(this.bytes.toString('latin1', 0, end + 1), last)) {
      this.readLines(this.bytes.toString('utf8', 0, end + 1));
    }
    this.bytes.copyWithin(0, end + 1, this.length);
    this.length -= end + 1;
    this.searched = 0;
  }

  /** Parses the rest, including an unterminated last line, and releases the buffer. */
  end(): void {
    this.read(true);
    if (this.length > 0) this.readLines(this.bytes.toString('utf8', 0, this.length) + '\n');
    this.dispatch();
    releaseBuffer(this.bytes);
    this.bytes = EMPTY;
    this.length = 0;
    this.searched = 0;
  }

  private readLines(text: string): void {
    let lineFeed = -1;
    let carriageReturn = -1;
    const first = this.begun || text.charCodeAt(0) !== BYTE_ORDER_MARK ? 0 : 1;
    this.begun = true;
    for (let start = first; start < text.length;) {
      if (lineFeed < start) lineFeed = indexOrEnd(text, '\n', start);
      if (carriageReturn < start) carriageReturn = indexOrEnd(text, '\r', start);
      const end = Math.min(lineFeed, carriageReturn);
      this.readLine(text, start, end);
      start = lineFeed === carriageReturn + 1 ? lineFeed + 1 : end + 1;
    }
    // An unfinished event must not retain the parsed lines.
    if (this.data !== null && this.isSlice) this.data = detached(this.data);
    this.isSlice = false;
  }

  private readLine(text: string, start: number, end: number): void {
    if (start === end) {
      this.dispatch();
      return;
    }
    if (!text.startsWith('data:', start)) {
      if (text.startsWith(ERROR_FIELD, start)) this.onError(text.slice(start + ERROR_FIELD.length, end));
      else if (text.startsWith(EVENT_FIELD, start)) this.isError = ERROR_NAMES.has(text.slice(start, end));
      else if (!this.hasEvents && text.charCodeAt(start) !== COLON) this.noteLine(text.slice(start, end));
      return;
    }
    const from = text.charCodeAt(start + 5) === SPACE ? start + 6 : start + 5;
    const line = text.slice(from, end);
    if (this.data === null) {
      this.data = line;
      this.isSlice = true;
      this.dataLines = 1;
    } else if (this.data.length < MAX_EVENT_LENGTH && this.dataLines++ < MAX_DATA_LINES)
      this.data += `\n${detached(line)}`;
    else this.droppedBytes += line.length;
  }

  private onError(json: string): void {
    this.hasEvents = true;
    this.onEvent(`{"error":${json}}`, null);
  }

  private noteLine(line: string): void {
    this.hasForeignLines ||= !FIELD.test(line);
  }

  private dispatch(): void {
    const { data, isError } = this;
    this.data = null;
    this.isError = false;
    // The standard does not dispatch an event without data.
    if (data === null || data === '') return;
    this.hasEvents = true;
    this.onEvent(data, isError ? ERROR_EVENT : null);
  }

  private makeRoom(more: number): void {
    if (this.length > 0) this.read();
    const wanted = this.length + more;
    if (wanted <= this.bytes.length || this.bytes.length === MAX_BUFFER_SIZE) return;
    let size = POOLED_BUFFER_SIZE;
    while (size < wanted && size < MAX_BUFFER_SIZE) size *= 2;
    const larger = size === POOLED_BUFFER_SIZE ? acquireBuffer() : Buffer.allocUnsafeSlow(size);
    larger.set(this.bytes.subarray(0, this.length));
    releaseBuffer(this.bytes);
    this.bytes = larger;
  }

  /**
   * Drops the middle of a long line, which contains an image or file as one string. The event type at its start and the
   * usage at its end are kept.
   */
  private dropMiddle(): void {
    this.bytes.copyWithin(KEPT_START, this.length - KEPT_END, this.length);
    this.droppedBytes += this.length - KEPT_START - KEPT_END;
    this.length = KEPT_START + KEPT_END;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
/** Bytes. Longer lines lose their middle. The last event of a response can repeat hundreds of kilobytes of tools. */
const MAX_BUFFER_SIZE = 4 * 1024 * 1024;
/** Maximum characters of an event with several data lines. */
const MAX_EVENT_LENGTH = 1024 * 1024;
/** Bounds the number of data lines, because even empty lines cost memory. */
const MAX_DATA_LINES = 16_384;
const KEPT_START = 64 * 1024;
const KEPT_END = 64 * 1024;
const CR = 0x0d;
const COLON = 0x3a;
const FIELD = /^(?:event|id|retry|data)(?::|$)/;
/**
 * Field of llama.cpp with an error object, in versions before October 2025.
 *
 * @see https://github.com/ggml-org/llama.cpp/issues/14566
 */
const ERROR_FIELD = 'error: ';
const EVENT_FIELD = 'event:';
/** Lines that name an event `error`. */
const ERROR_NAMES: ReadonlySet<string> = new Set(['event: error', 'event:error']);
/** Type of events that are named `error`. Other names are repeated in the data, or not needed. */
export const ERROR_EVENT = 'error';
const SPACE = 0x20;
const BYTE_ORDER_MARK = 0xfeff;

/** Returns the index of the last line end at or after `from`; -1 if there is none. */
function lastLineEnd(bytes: Buffer, from: number, length: number): number {
  const window = bytes.subarray(from, length);
  // Nearly all servers end lines with a line feed; carriage returns alone are also valid.
  const lineFeed = window.lastIndexOf(0x0a);
  if (lineFeed >= 0) return from + lineFeed;
  const last = window.length - 1;
  // A CR as the last byte may be the first half of a CRLF.
  const carriageReturn = window.lastIndexOf(CR, window[last] === CR ? last - 1 : last);
  return last < 1 || carriageReturn < 0 ? -1 : from + carriageReturn;
}

function indexOrEnd(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index < 0 ? text.length : index;
}

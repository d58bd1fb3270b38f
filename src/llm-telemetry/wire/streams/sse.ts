import { detached } from '../../text/bounded-name.js';
import { returnSlab, SLAB_SIZE, takeSlab } from './slabs.js';

/**
 * Reads server-sent events out of copied bytes. Nothing of the application's stream passes through here: it is fed
 * copies, and reads them when it must (until the first token), when its buffer is full, or when the stream is over.
 *
 * Source: HTML Living Standard, “Server-sent events”, interpretation of an event stream.
 */
export class SseReader {
  private bytes: Buffer = EMPTY;
  private length = 0;
  /** So many bytes at the beginning of the buffer hold no end of a line. */
  private searched = 0;
  private data: string | null = null;
  private dataLines = 0;
  /** Whether the data is a slice of the lines that are being read. */
  private isSlice = false;
  private begun = false;
  /** Bytes that were not kept: the middle of a line, or the end of an event, that is too long. */
  droppedBytes = 0;
  /** An event with data was read. */
  hasEvents = false;
  /** A line was read, before the first event, that is not of the format: the body is no event stream. */
  hasForeignLines = false;

  /**
   * Takes complete lines in place of `onData`, decoded as Latin-1; `last`: no more will come. Answers false where it
   * cannot: then they are read after all.
   */
  skim: ((lines: string, last: boolean) => boolean) | null = null;

  constructor(private readonly onData: (data: string) => void) {}

  /** Copies a chunk. Reads only where the buffer would overflow. */
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

  /** Reads all complete lines that are here; `last`: no more will come. */
  read(last = false): void {
    const end = lastLineEnd(this.bytes, this.searched, this.length);
    if (end < 0) {
      if (this.length === LARGEST_BUFFER) this.dropMiddle();
      // A carriage return that came last may still be the end of a line.
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

  /** Reads what is left, a last line without its end included, and lets the buffer go. */
  end(): void {
    this.read(true);
    if (this.length > 0) this.readLines(this.bytes.toString('utf8', 0, this.length) + '\n');
    this.dispatch();
    returnSlab(this.bytes);
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
    // An event that goes on in the next lines is not to retain these.
    if (this.data !== null && this.isSlice) this.data = detached(this.data);
    this.isSlice = false;
  }

  private readLine(text: string, start: number, end: number): void {
    if (start === end) {
      this.dispatch();
      return;
    }
    if (!text.startsWith('data:', start)) {
      if (!this.hasEvents && text.charCodeAt(start) !== COLON) this.noteLine(text.slice(start, end));
      return;
    }
    const from = text.charCodeAt(start + 5) === SPACE ? start + 6 : start + 5;
    const line = text.slice(from, end);
    if (this.data === null) {
      this.data = line;
      this.isSlice = true;
      this.dataLines = 1;
    } else if (this.data.length < LARGEST_EVENT && this.dataLines++ < MOST_LINES)
      this.data += `\n${detached(line)}`;
    else this.droppedBytes += line.length;
  }

  private noteLine(line: string): void {
    this.hasForeignLines ||= !FIELD.test(line);
  }

  private dispatch(): void {
    const { data } = this;
    this.data = null;
    // The standard does not dispatch an event without data.
    if (data === null || data === '') return;
    this.hasEvents = true;
    this.onData(data);
  }

  private makeRoom(more: number): void {
    if (this.length > 0) this.read();
    const wanted = this.length + more;
    if (wanted <= this.bytes.length || this.bytes.length === LARGEST_BUFFER) return;
    let size = SLAB_SIZE;
    while (size < wanted && size < LARGEST_BUFFER) size *= 2;
    const larger = size === SLAB_SIZE ? takeSlab() : Buffer.allocUnsafeSlow(size);
    larger.set(this.bytes.subarray(0, this.length));
    returnSlab(this.bytes);
    this.bytes = larger;
  }

  /**
   * A line that long holds a picture or a file, as one string. Without some of its middle it says the same: what it is
   * at its beginning, and what it took at its end.
   */
  private dropMiddle(): void {
    this.bytes.copyWithin(KEPT_START, this.length - KEPT_END, this.length);
    this.droppedBytes += this.length - KEPT_START - KEPT_END;
    this.length = KEPT_START + KEPT_END;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
/** The longest line that is kept whole. */
const LARGEST_BUFFER = 256 * 1024;
/** The most characters of data in several lines that are kept of an event. */
const LARGEST_EVENT = 1024 * 1024;
/** Each line costs more than its characters: empty ones, too. */
const MOST_LINES = 16_384;
const KEPT_START = 64 * 1024;
const KEPT_END = 64 * 1024;
const CR = 0x0d;
const COLON = 0x3a;
const FIELD = /^(?:event|id|retry|data)(?::|$)/;
const SPACE = 0x20;
const BYTE_ORDER_MARK = 0xfeff;

/** Index of the last end of a line at or after `from`; -1 if no line ends. */
function lastLineEnd(bytes: Buffer, from: number, length: number): number {
  const window = bytes.subarray(from, length);
  // Nearly all servers end lines with a line feed; a server that only sends carriage returns is read at its CRs.
  const lineFeed = window.lastIndexOf(0x0a);
  if (lineFeed >= 0) return from + lineFeed;
  const last = window.length - 1;
  // A CR that is the last byte may be the first half of a CRLF: wait for what comes.
  const carriageReturn = window.lastIndexOf(CR, window[last] === CR ? last - 1 : last);
  return last < 1 || carriageReturn < 0 ? -1 : from + carriageReturn;
}

function indexOrEnd(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index < 0 ? text.length : index;
}

import type { EventReader, OnEvent } from './framing.js';
import { GrowingBuffer } from './growing-buffer.js';

/**
 * Parses a JSON array that is sent element by element: each object is an event. Objects are found by their braces, so
 * they can be split at any byte.
 *
 * Source: Google's API documentation, “Streaming responses”: without `alt=sse`, a stream is one JSON array.
 */
export class JsonArrayReader implements EventReader {
  hasEvents = false;
  hasForeignLines = false;
  private readonly element = new GrowingBuffer();
  /** Number of open braces. */
  private depth = 0;
  private inString = false;
  private escaped = false;

  constructor(private readonly onEvent: OnEvent) {}

  push(chunk: Uint8Array): void {
    let from = this.depth > 0 ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) this.inString = false;
      } else if (byte === QUOTE) {
        this.inString = true;
      } else if (byte === OPENING_BRACE) {
        if (this.depth++ === 0) from = at;
      } else if (byte === CLOSING_BRACE && this.depth > 0 && --this.depth === 0) {
        this.element.push(chunk.subarray(from, at + 1));
        this.endElement();
        from = -1;
      }
    }
    if (from >= 0) this.element.push(chunk.subarray(from));
  }

  /** Elements are parsed when they end. */
  read(): void {}

  end(): void {
    this.element.clear();
  }

  private endElement(): void {
    const text = this.element.view().toString('utf8');
    this.element.consume(this.element.length);
    if (text === '') return;
    this.hasEvents = true;
    this.onEvent(text, null);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

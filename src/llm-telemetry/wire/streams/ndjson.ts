import type { EventReader, OnEvent } from './framing.js';
import { GrowingBuffer } from './growing-buffer.js';

/**
 * Parses newline-delimited JSON: each line is an event. Some servers end lines with CRLF, and write the data of
 * server-sent events without their framing.
 *
 * Source: Ollama API documentation, “Conventions, streaming responses”; Cohere API reference, “Chat (v1)”.
 */
export class NdjsonReader implements EventReader {
  hasEvents = false;
  hasForeignLines = false;
  private readonly line = new GrowingBuffer();

  constructor(
    private readonly onEvent: OnEvent,
    /** Called for a line that is dropped, because it is longer than `MAX_JSON_SIZE`. */
    private readonly onTooLong: () => void = () => undefined,
  ) {}

  push(chunk: Uint8Array): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      this.line.push(chunk.subarray(from, end));
      this.endLine();
      from = end + 1;
    }
    if (from < chunk.length) this.line.push(chunk.subarray(from));
  }

  /** Lines are parsed when they end. */
  read(): void {}

  end(): void {
    this.endLine();
    this.line.clear();
  }

  private endLine(): void {
    if (this.line.isFull) this.onTooLong();
    const text = this.line.view().toString('utf8').trim();
    this.line.consume(this.line.length);
    if (text === '') return;
    if (!text.startsWith('{')) {
      this.hasForeignLines = true;
      return;
    }
    this.hasEvents = true;
    this.onEvent(text, null);
  }
}

const LINE_FEED = 0x0a;

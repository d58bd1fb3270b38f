import { types } from 'node:util';
import { UsageFilter } from './usage-filter.js';

/**
 * Filters the chunks of a stream. Bytes stay bytes and text stays text; other chunks pass unchanged. Returned chunks
 * never share memory with the input.
 */
export class ChunkFilter {
  private readonly filter = new UsageFilter();
  /** True if the last chunk was text. Held-back data is flushed when a stream changes between bytes and text. */
  private text = false;

  /** Returns the chunks to enqueue, in order. */
  push(chunk: unknown): unknown[] {
    const isText = typeof chunk === 'string';
    if (isText) {
      const before = this.text ? [] : this.end();
      this.text = true;
      return [...before, ...nonEmpty(this.filter.push(chunk))];
    }
    const bytes = viewOf(chunk);
    const before = this.text || bytes === null ? this.end() : [];
    this.text = false;
    if (bytes === null) return [...before, chunk];
    return [...before, ...nonEmptyBytes(this.filter.push(textOf(bytes)))];
  }

  /** Returns held-back chunks when the stream ends or fails. */
  end(): unknown[] {
    const rest = this.filter.end();
    return this.text ? nonEmpty(rest) : nonEmptyBytes(rest);
  }
}

/** Decodes one character per byte, so that bytes of any encoding round-trip. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

function nonEmpty(text: string): string[] {
  return text === '' ? [] : [text];
}

function nonEmptyBytes(text: string): Uint8Array[] {
  return text === '' ? [] : [bytesOf(text)];
}

function viewOf(chunk: unknown): Uint8Array | null {
  if (types.isUint8Array(chunk)) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return null;
}

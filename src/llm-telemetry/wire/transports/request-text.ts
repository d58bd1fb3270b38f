import { GrowingBuffer } from '../streams/growing-buffer.js';

/**
 * Collects the body of a request while it is sent. A body of more than `MAX_JSON_SIZE` bytes is dropped and counts as
 * unreadable.
 */
export class RequestText {
  private readonly bytes = new GrowingBuffer();
  /** The whole body, if it was one string: strings are immutable, so they need no copy. */
  private whole: string | null = null;
  private isUnreadable = false;

  /** Adds a piece of the body. Buffers are copied, because the application may reuse them. */
  add(piece: unknown, encoding: unknown): void {
    if (piece === undefined || piece === null) return;
    if (typeof piece === 'string') this.addText(piece, encoding);
    else if (piece instanceof Uint8Array) this.addBytes(piece);
    else this.isUnreadable = true;
  }

  /** Returns the body as text; `null` if it is empty, too long or not readable. */
  read(): string | null {
    if (this.isUnreadable || this.bytes.isFull) return null;
    if (this.whole !== null) return this.whole;
    return this.bytes.length === 0 ? null : this.bytes.view().toString('utf8');
  }

  private addText(text: string, encoding: unknown): void {
    const isUtf8 = typeof encoding !== 'string' || /^utf-?8$/i.test(encoding);
    if (isUtf8 && this.whole === null && this.bytes.length === 0 && text.length > 0) this.whole = text;
    else this.addBytes(Buffer.from(text, isUtf8 ? 'utf8' : (encoding as BufferEncoding)));
  }

  private addBytes(bytes: Uint8Array): void {
    const { whole } = this;
    this.whole = null;
    if (whole !== null) this.bytes.push(Buffer.from(whole));
    if (bytes.length > 0) this.bytes.push(bytes);
  }
}

import { hasProxy, isInstanceOf, requestOf, valueOf } from '../readable.js';
import { MAX_JSON_SIZE } from '../streams/growing-buffer.js';
import { observeStream, type StreamBranch } from '../streams/observed-stream.js';
import { RequestText } from './request-text.js';

/**
 * Reads a body that is not at hand. Calls `onRead` once, with the whole body; with `null` if it is not text, too long or
 * not sent completely.
 */
export type BodyReader = (onRead: (text: string | null) => void) => void;

/**
 * Returns a reader of the body that `fetch` will send, if that is a stream, a blob or the body of a `Request`; `null` for
 * any other. Getting the reader neither consumes nor locks anything.
 *
 * A stream is read while `fetch` sends it: it is neither cloned nor teed, so that pace, back-pressure and cancellation
 * stay those of the request. Relies on `fetch` reading the stream by its public methods, as undici does; otherwise
 * `onRead` is never called.
 *
 * @see https://github.com/nodejs/undici/blob/main/lib/web/fetch/request.js, “create a proxy for inputBody”
 */
export function bodyReaderOf(input: unknown, init: unknown): BodyReader | null {
  if (init !== undefined && init !== null) {
    if (typeof init !== 'object' || hasProxy(init)) return null;
    const body = valueOf(init, 'body');
    if (body !== undefined) return readerOf(body);
  }
  if (typeof input === 'string') return null;
  const request = requestOf(input);
  return request === null || request('bodyUsed') !== false ? null : readerOf(request('body'));
}

function readerOf(body: unknown): BodyReader | null {
  if (isInstanceOf(body, ReadableStream.prototype)) {
    const stream = body as ReadableStream;
    if (!Object.isExtensible(stream) || stream.locked) return null;
    return (onRead) => observeStream(stream, new RequestBodyBranch(new RequestBody(onRead), 0));
  }
  if (!isInstanceOf(body, Blob.prototype)) return null;
  const blob = body as Blob;
  // Reading a blob has no side effects.
  return (onRead) => {
    if (blob.size > MAX_JSON_SIZE) onRead(null);
    else Blob.prototype.text.call(blob).then(onRead, () => onRead(null));
  };
}

/** The bytes of a request body, read once although several branches may deliver them. */
class RequestBody {
  private readonly text = new RequestText();
  private taken = 0;
  private openBranches = 1;

  constructor(private onRead: ((text: string | null) => void) | null) {}

  split(): void {
    this.openBranches++;
  }

  take(chunk: unknown, end: number): void {
    const fresh = end - this.taken;
    if (fresh <= 0 || this.onRead === null) return;
    this.taken = end;
    const isRepeated = chunk instanceof Uint8Array && fresh < chunk.length;
    this.text.add(isRepeated ? chunk.subarray(chunk.length - fresh) : chunk, undefined);
  }

  finish(): void {
    this.done(this.text.read());
  }

  leave(): void {
    this.openBranches--;
    if (this.openBranches === 0) this.done(null);
  }

  done(text: string | null): void {
    const { onRead } = this;
    this.onRead = null;
    onRead?.(text);
  }
}

class RequestBodyBranch implements StreamBranch {
  readonly readWhole = false;
  readonly isAborted = false;

  constructor(
    private readonly body: RequestBody,
    private offset: number,
  ) {}

  touch(): void {}

  chunk(chunk: unknown): void {
    this.offset += ArrayBuffer.isView(chunk) ? chunk.byteLength : 1;
    this.body.take(chunk, this.offset);
  }

  finish(): void {
    this.body.finish();
  }

  fail(): void {
    this.body.done(null);
  }

  leave(): void {
    this.body.leave();
  }

  released(): void {}

  split(): [StreamBranch, StreamBranch] {
    this.body.split();
    return [this, new RequestBodyBranch(this.body, this.offset)];
  }
}

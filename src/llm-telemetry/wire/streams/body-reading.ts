import { types } from 'node:util';
import type { BodyCopy, Exchange, ExchangeEnding, Framing } from '../exchanges/exchange.js';
import { isNonEmpty } from '../formats/response-parts.js';
import { guard, reportFault } from '../guard.js';
import { EventReading } from './event-reading.js';
import { isUncertain, MAX_SNIFFED, skipWhitespace, sniffFraming } from './framing.js';
import { GrowingBuffer } from './growing-buffer.js';
import { estimateOutput, readJson, readWholeJson } from './json-body.js';

/** First byte of a byte order mark. Neither JSON nor events start with it. */
const FIRST_OF_MARK = 0xef;

/**
 * Reads one response body as the application consumes it and extracts the response into the exchange.
 *
 * A body can be consumed through several branches (`tee`, `clone`). Each byte is read once; the body counts as
 * abandoned when all branches are cancelled.
 *
 * Releases the exchange as soon as it ends: the platform registers every `Response` for finalization, which keeps it
 * alive until the next major garbage collection, and a retained exchange would retain the prompt.
 */
export class BodyReading implements BodyCopy {
  /** `null` after the exchange has ended. */
  private exchange: Exchange | null;
  /** `null` for a JSON body. */
  private events: EventReading | null = null;
  /** The bytes of a JSON body, or the first bytes of a body whose framing is undecided. */
  private readonly json = new GrowingBuffer();
  /** True until the first bytes show that the declared framing is right, or which other framing the body has. */
  private undecided: boolean;
  /** True if the body was read as a whole and its bytes were not observed. */
  private unseen = false;
  /** Bytes read so far, over all branches. */
  private taken = 0;
  /** True if the bytes start with a byte order mark, which decoded text does not contain. */
  private marked = false;
  private openBranches = 0;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.undecided = isUncertain(exchange.framing);
    if (!this.undecided) this.events = EventReading.of(exchange.framing, exchange);
    exchange.body = this;
  }

  /** Creates a branch that has read `offset` bytes so far. */
  branch(offset = 0): BodyBranch {
    this.openBranches++;
    return new BodyBranch(this, offset);
  }

  /** Marks the body as being read. */
  touch(): void {
    if (this.exchange !== null) this.exchange.touched = true;
  }

  /** True if the signal of the request is aborted. */
  get isAborted(): boolean {
    return this.exchange?.isAborted === true;
  }

  /** Adds bytes read by a branch, which end at offset `end` of the body. */
  take(chunk: Uint8Array, end: number): void {
    const { exchange } = this;
    if (exchange === null) return;
    exchange.lastActivityAt = performance.now();
    exchange.firstChunkAt ??= exchange.lastActivityAt;
    const fresh = end - this.taken;
    if (fresh <= 0) return;
    if (this.taken === 0) this.marked = chunk[0] === FIRST_OF_MARK;
    this.taken = end;
    try {
      this.keep(fresh < chunk.length ? chunk.subarray(chunk.length - fresh) : chunk, exchange);
    } catch (error) {
      reportFault('reading a body', error);
    }
  }

  /** Adds the whole body, read as JSON. */
  takeJson(body: unknown): void {
    const { exchange } = this;
    if (exchange === null) return;
    exchange.blank = !isNonEmpty(body) && typeof body !== 'number' && typeof body !== 'boolean';
    if (!exchange.blank) readWholeJson(body, exchange);
    // Bytes read by another branch are part of it.
    this.finish(true);
  }

  /** Adds the whole body, read as text. */
  takeText(text: string): void {
    const { exchange } = this;
    if (exchange === null) return;
    // Decoding frames as text destroys them.
    if (exchange.framing === 'aws-event-stream') return this.markUnobservable();
    if (exchange.lines !== null && exchange.framing === 'ndjson' && this.taken === 0) {
      exchange.lines.add(text);
      exchange.response.finish = 'stop';
      return this.finish(true);
    }
    // Another branch may have read a part of it.
    if (exchange.framing !== 'json' || this.taken > 0 || isStream(text, exchange)) {
      const bytes = Buffer.from(this.marked ? `\uFEFF${text}` : text);
      this.take(bytes, bytes.length);
      this.finish();
      return;
    }
    guard('reading a body', () => readJson(text, exchange));
    this.finish(true);
  }

  /** True if the body is a file, whose bytes are not kept. */
  get isBinary(): boolean {
    return this.exchange?.framing === 'binary';
  }

  /** The whole body was read as a file. @param size - in bytes */
  takeFile(size: number): void {
    const { exchange } = this;
    if (exchange === null) return;
    exchange.blank = size === 0;
    if (size > 0) exchange.response.hasContent = true;
    this.finish(true);
  }

  /** Adds the whole body, read as bytes. Frames are not text. */
  takeBytes(bytes: Uint8Array): void {
    if (this.isBinary) {
      this.takeFile(bytes.length);
      return;
    }
    if (this.exchange?.framing === 'aws-event-stream') {
      this.take(bytes, bytes.length);
      this.finish();
      return;
    }
    this.takeText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  }

  /** @param unseen - the bytes were not observed, so their absence does not mean an empty body */
  finish(unseen = false): void {
    this.unseen = unseen;
    this.end('finished');
  }

  /** The body was read as JSON and is invalid. @param blank - the body is empty */
  finishUnparsed(blank: boolean): void {
    if (this.exchange !== null) this.exchange.blank = blank;
    this.finish(true);
  }

  fail(error: unknown): void {
    this.end('cut', error);
  }

  /** The body broke while it was read as a whole. @param length - announced length in bytes, if known */
  failWhole(error: unknown, length: number | null): void {
    const { exchange } = this;
    // The received bytes were not observed.
    if (exchange !== null && length !== null && this.taken === 0) estimateOutput(length, exchange);
    this.fail(error);
  }

  leave(): void {
    this.openBranches--;
    if (this.openBranches === 0) this.end('left');
  }

  /** The rest of the body cannot be observed. */
  markUnobservable(): void {
    const { exchange } = this;
    if (exchange === null) return;
    exchange.touched = true;
    exchange.framing = 'json';
    this.finish(true);
  }

  /** Replaces a branch with two. */
  split(offset: number): [BodyBranch, BodyBranch] {
    this.openBranches--;
    return [this.branch(offset), this.branch(offset)];
  }

  /** The application gave up its reader. It does not read on after the end of the response, or after an error. */
  released(): void {
    const { exchange } = this;
    if (exchange === null) return;
    guard('reading a body', () => this.events?.readAll());
    this.endIfComplete(exchange);
  }

  close(): void {
    const { exchange } = this;
    if (exchange === null) return;
    guard('reading a body', () => {
      if (this.undecided) this.decide('unknown', this.json.view(), exchange);
      const { events } = this;
      if (events) {
        const { blank } = events.end();
        if (!this.unseen) exchange.blank = blank;
      } else if (!this.unseen && !this.json.isFull) {
        readJson(this.json.view().toString('utf8'), exchange);
      }
    });
    this.exchange = null;
    this.events = null;
    this.json.clear();
  }

  private end(ending: ExchangeEnding, error?: unknown): void {
    const { exchange } = this;
    if (exchange === null) return;
    exchange.lastActivityAt = performance.now();
    exchange.end(ending, error);
  }

  private keep(chunk: Uint8Array, exchange: Exchange): void {
    if (this.undecided) this.sniff(chunk, exchange);
    else if (this.events === null) this.json.push(chunk);
    else this.events.push(chunk);
    // A JSON body is parsed at its end, even if its headers already reported an error.
    if (this.events === null) return;
    if (exchange.onComplete !== null && exchange.response.complete) exchange.completed();
    // A client may read no further, for example if it throws the error.
    if (this.events.isEager || exchange.response.error !== null) this.endIfComplete(exchange);
  }

  private endIfComplete({ response }: Exchange): void {
    if (response.complete || response.error !== null) this.end('finished');
  }

  /** Decides on the framing as soon as the first bytes show it. */
  private sniff(chunk: Uint8Array, exchange: Exchange): void {
    // White space decides nothing, and a body can begin with a million bytes of it.
    if (this.json.length === 0 && skipWhitespace(chunk, 0) === chunk.length) return;
    let bytes = chunk;
    if (this.json.length > 0) {
      this.json.push(chunk);
      bytes = this.json.view();
    }
    const framing = sniffFraming(bytes, exchange.request.parameters.stream && exchange.succeeded);
    if (framing !== null) this.decide(framing, bytes, exchange);
    else if (this.json.length === 0) this.json.push(chunk);
  }

  /** @param bytes - the first bytes of the body, which may be those of `json` */
  private decide(framing: Framing | 'unknown', bytes: Uint8Array, exchange: Exchange): void {
    this.undecided = false;
    if (framing !== 'unknown') exchange.framing = framing;
    else if (bytes.length > 0 && bytes[0] === OPENING_BRACE) exchange.framing = 'json';
    this.events = EventReading.of(exchange.framing, exchange);
    if (this.events) {
      this.events.push(bytes);
      this.json.clear();
    } else if (this.json.length === 0) {
      this.json.push(bytes);
    }
  }
}

/** Returns whether a body that was declared as JSON is a stream of events. */
function isStream(text: string, { request }: Exchange): boolean {
  const { stream } = request.parameters;
  if (!stream && text.startsWith('{')) return false;
  const framing = sniffFraming(Buffer.from(text.slice(0, MAX_SNIFFED)), stream);
  return framing !== null && framing !== 'json' && framing !== 'unknown';
}

const OPENING_BRACE = 0x7b;

/** One consumer of a body. Ends once: at the end of the body, with an error, or when the application cancels it. */
export class BodyBranch {
  /** True while the body is read as a whole (`json()`, `text()`, …), so that its stream is not observed as well. */
  readWhole = false;
  private open = true;

  constructor(
    private readonly reading: BodyReading,
    private offset: number,
  ) {}

  touch(): void {
    this.reading.touch();
  }

  get isAborted(): boolean {
    return this.reading.isAborted;
  }

  chunk(chunk: unknown): void {
    const bytes = ArrayBuffer.isView(chunk) ? bytesOf(chunk) : bytesOfForeignChunk(chunk);
    if (bytes === null) return;
    this.offset += bytes.byteLength;
    this.reading.take(bytes, this.offset);
  }

  json(body: unknown): void {
    if (this.close()) this.reading.takeJson(body);
  }

  get isBinary(): boolean {
    return this.reading.isBinary;
  }

  /** @param size - in bytes */
  file(size: number): void {
    if (this.close()) this.reading.takeFile(size);
  }

  text(text: string): void {
    if (this.close()) this.reading.takeText(text);
  }

  bytes(bytes: Uint8Array): void {
    if (this.close()) this.reading.takeBytes(bytes);
  }

  finish(): void {
    if (this.close()) this.reading.finish(this.readWhole);
  }

  finishUnparsed(blank: boolean): void {
    if (this.close()) this.reading.finishUnparsed(blank);
  }

  fail(error: unknown): void {
    if (this.close()) this.reading.fail(error);
  }

  failWhole(error: unknown, length: number | null): void {
    if (this.close()) this.reading.failWhole(error, length);
  }

  leave(): void {
    if (this.close()) this.reading.leave();
  }

  /** The application released its reader and may acquire another one. */
  released(): void {
    if (this.open) this.reading.released();
  }

  /** The body is consumed in a way that cannot be observed. */
  markUnobservable(): void {
    if (this.close()) this.reading.markUnobservable();
  }

  /** Replaces this branch with two. */
  split(): [BodyBranch, BodyBranch] {
    this.open = false;
    return this.reading.split(this.offset);
  }

  private close(): boolean {
    const wasOpen = this.open;
    this.open = false;
    return wasOpen;
  }
}

/** Other implementations of `fetch` may stream text or buffers. */
function bytesOfForeignChunk(chunk: unknown): Uint8Array | null {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return types.isAnyArrayBuffer(chunk) ? new Uint8Array(chunk) : null;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

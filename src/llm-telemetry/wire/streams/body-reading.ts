import { types } from 'node:util';
import type { ContentReader } from '../content/content.js';
import type { BodyCopy, Exchange, ExchangeEnding } from '../exchanges/exchange.js';
import { emptyAnswer } from '../answer.js';
import { parseBrokenJson } from '../json/broken-json.js';
import { holdsAnything } from '../formats/holds-content.js';
import { guard, reportFault } from '../guard.js';
import { asObject, parseJson, type JsonObject } from '../json/json-value.js';
import { dataAt, plainData, skim, type Landmarks } from '../json/skim.js';
import { SseReader } from './sse.js';

const EMPTY: Buffer = Buffer.alloc(0);
/** A JSON body that is read as bytes and is larger is not kept: its usage will be missing. */
const LARGEST_JSON_BODY = 8 * 1024 * 1024;
/** Up to so many characters, parsing all of an answer is quicker than looking for what is wanted. */
const SHORT_ANSWER = 4096;
/** Some servers begin with one; what the platform decodes as text does not have it any more. */
const BYTE_ORDER_MARK = 0xfeff;
/** The first of its bytes: neither JSON nor an event begins with it. */
const FIRST_OF_MARK = 0xef;

/**
 * Copies what the application reads of one body, whichever way it reads it, into the exchange's answer. A body can be
 * read through several branches (`tee`, `clone`); each byte is taken once, and the body is left when all branches are.
 *
 * It hangs on the `Response`, which lives until the next major collection (the platform registers it for finalisation):
 * so it lets go of the exchange, and of all that hangs on that, when the exchange ends.
 */
export class BodyReading implements BodyCopy {
  /** `null` once it has ended. */
  private exchange: Exchange | null;
  private sse: SseReader | null;
  /** The bytes of a JSON body, in a buffer that doubles: a body can come in a million chunks of one byte. */
  private json: Buffer = EMPTY;
  private jsonLength = 0;
  /** True if the body was read as a whole in a way that did not show its bytes. */
  private unseen = false;
  /** Bytes taken so far, over all branches. */
  private taken = 0;
  /** Whether they begin with a byte order mark, which is in no text. */
  private marked = false;
  private openBranches = 0;
  /** Pieces of the answer that were counted, and whose text was not. */
  private unmeasured = 0;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.sse = exchange.eventStream ? new SseReader((data) => this.readEvent(data, exchange)) : null;
    exchange.body = this;
  }

  /** A new way into the body, which has read `offset` bytes so far. */
  branch(offset = 0): BodyBranch {
    this.openBranches++;
    return new BodyBranch(this, offset);
  }

  /** The application has begun to read. */
  touch(): void {
    if (this.exchange !== null) this.exchange.touched = true;
  }

  /** Whether the request's signal has been aborted. */
  get isAborted(): boolean {
    return this.exchange?.isAborted === true;
  }

  /** Bytes that a branch has read, up to `end`. */
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

  /** The whole body came as parsed JSON. */
  takeJson(body: unknown): void {
    const { exchange } = this;
    if (exchange === null) return;
    const object = asObject(body);
    exchange.blank = !holdsAnything(body) && typeof body !== 'number' && typeof body !== 'boolean';
    if (object && !exchange.blank) readObject(object, exchange);
    // What another branch has read is part of it.
    this.finish(true);
  }

  /** The whole body came as text. */
  takeText(text: string): void {
    const { exchange } = this;
    if (exchange === null) return;
    // Another branch may have read some of it, or all.
    if (this.sse || this.taken > 0) {
      const bytes = Buffer.from(this.marked ? `\uFEFF${text}` : text);
      this.take(bytes, bytes.length);
      this.finish();
      return;
    }
    guard('reading a body', () => readJson(text, exchange));
    this.finish(true);
  }

  /** `unseen`: nothing is to be concluded from bytes that were not shown. */
  finish(unseen = false): void {
    this.unseen = unseen;
    this.end('finished');
  }

  /** The body was read as JSON and is not JSON. `blank`: it ended where a value has to begin. */
  finishUnparsed(blank: boolean): void {
    if (this.exchange !== null) this.exchange.blank = blank;
    this.finish(true);
  }

  fail(error: unknown): void {
    this.end('cut', error);
  }

  /** The body broke while the platform read it as a whole. `length`: bytes that it should have had, if known. */
  failWhole(error: unknown, length: number | null): void {
    const { exchange } = this;
    // The bytes that came were not seen.
    if (exchange !== null && length !== null && this.taken === 0) estimateOutput(length, exchange);
    this.fail(error);
  }

  leave(): void {
    this.openBranches--;
    if (this.openBranches === 0) this.end('left');
  }

  /** Nothing more can be known of the body, nor whether it was complete. */
  lose(): void {
    const { exchange } = this;
    if (exchange === null) return;
    exchange.touched = true;
    exchange.eventStream = false;
    this.finish();
  }

  /** A branch has become two: they replace it. */
  split(offset: number): [BodyBranch, BodyBranch] {
    this.openBranches--;
    return [this.branch(offset), this.branch(offset)];
  }

  close(): void {
    const { exchange, sse, jsonLength } = this;
    if (exchange === null) return;
    guard('reading a body', () => {
      if (sse) {
        sse.end();
        if (!this.unseen) exchange.blank = !sse.hasEvents && !sse.hasForeignLines;
      } else if (!this.unseen && jsonLength <= LARGEST_JSON_BODY) {
        readJson(this.json.toString('utf8', 0, jsonLength), exchange);
      }
    });
    this.exchange = null;
    this.sse = null;
    this.json = EMPTY;
  }

  private end(ending: ExchangeEnding, error?: unknown): void {
    const { exchange } = this;
    if (exchange === null) return;
    exchange.lastActivityAt = performance.now();
    exchange.end(ending, error);
  }

  private keep(chunk: Uint8Array, exchange: Exchange): void {
    if (this.sse) {
      this.sse.push(chunk);
      if (exchange.firstTokenAt === null) this.sse.read();
      return;
    }
    const from = this.jsonLength;
    this.jsonLength += chunk.length;
    if (this.jsonLength > LARGEST_JSON_BODY) {
      this.json = EMPTY;
      return;
    }
    if (this.jsonLength > this.json.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.jsonLength, 2 * this.json.length));
      larger.set(this.json.subarray(0, from));
      this.json = larger;
    }
    this.json.set(chunk, from);
  }

  private readEvent(data: string, exchange: Exchange): void {
    exchange.request.format.readEvent(data, exchange.answer);
    if (exchange.content) readContent(data, exchange.content);
    if (exchange.firstTokenAt === null && exchange.answer.outputChunks > 0) {
      exchange.firstTokenAt = exchange.lastActivityAt;
      const { landmarks } = exchange.request.format;
      if (landmarks?.piece.test(data) && !exchange.content && this.sse) {
        this.sse.skim = (lines, last) => this.skim(lines, landmarks, last, exchange);
      }
    }
  }

  private skim(lines: string, landmarks: Landmarks, last: boolean, exchange: Exchange): boolean {
    const skimmed = skim(lines, landmarks);
    if (skimmed === null) return false;
    const { answer } = exchange;
    for (const start of skimmed.marked) this.readEvent(dataAt(lines, start), exchange);
    if (answer.usage.outputTokens !== null || !last) {
      answer.outputChunks += skimmed.plainCount;
      this.unmeasured += skimmed.plainCount;
      return true;
    }
    // No usage has come: what there is has to be measured, and stands for what was let go before.
    for (const data of plainData(lines, skimmed)) this.readEvent(data, exchange);
    const measured = answer.outputChunks - this.unmeasured;
    answer.outputBytes += Math.round((answer.outputBytes / Math.max(1, measured)) * this.unmeasured);
    return true;
  }
}

function readObject(body: JsonObject, { request, answer, content }: Exchange): void {
  guard('reading a body', () => request.format.readResponse(body, answer));
  if (content) guard('reading content', () => content.readResponse(body));
}

function readContent(data: string, content: ContentReader): void {
  guard('reading content', () => {
    const event = asObject(parseJson(data));
    if (event) content.readEvent(event);
  });
}

function readJson(text: string, exchange: Exchange): void {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  const { request, answer, content } = exchange;
  exchange.blank = isBlank(json);
  if (exchange.blank) return;
  if (json.length > SHORT_ANSWER && !content) {
    if (guard('skimming a body', () => request.format.skimResponse?.(json, answer))) return;
  }
  const body = asObject(parseJson(json));
  if (body) readObject(body, exchange);
  else readBroken(json, exchange);
}

/** Whether a JSON text holds nothing at all. */
function isBlank(json: string): boolean {
  const text = json.trim();
  return (
    text.length <= 4 && (text === '' || text === '{}' || text === '[]' || text === '""' || text === 'null')
  );
}

/** Measures the text in the beginning of a body. Nothing else is taken: the end of an id, a model or a count may be missing. */
function readBroken(json: string, { request, answer }: Exchange): void {
  const body = asObject(parseBrokenJson(json));
  if (!body) return;
  const partial = emptyAnswer();
  request.format.readResponse({ ...body, usage: undefined }, partial);
  answer.outputBytes = partial.outputBytes;
}

/** Where the beginning was not seen either, the announced length says how much text there is. */
function estimateOutput(length: number, { request, answer }: Exchange): void {
  const { envelopeBytes } = request.format;
  // The length is what the provider says, and it did not come.
  const plausible = Math.min(length, LARGEST_JSON_BODY);
  if (envelopeBytes !== undefined) answer.outputBytes = Math.max(0, plausible - envelopeBytes);
}

/** One way into a body. Ends once: with the body, by an error, or because the application left. */
export class BodyBranch {
  /** True while the body is read as a whole (`json()`, `text()`, …): its stream is then not looked at as well. */
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
    const bytes = ArrayBuffer.isView(chunk) ? bytesOf(chunk) : otherBytesOf(chunk);
    if (bytes === null) return;
    this.offset += bytes.byteLength;
    this.reading.take(bytes, this.offset);
  }

  /** The body was read as a whole. */
  json(body: unknown): void {
    if (this.shut()) this.reading.takeJson(body);
  }

  text(text: string): void {
    if (this.shut()) this.reading.takeText(text);
  }

  finish(): void {
    if (this.shut()) this.reading.finish(this.readWhole);
  }

  finishUnparsed(blank: boolean): void {
    if (this.shut()) this.reading.finishUnparsed(blank);
  }

  fail(error: unknown): void {
    if (this.shut()) this.reading.fail(error);
  }

  failWhole(error: unknown, length: number | null): void {
    if (this.shut()) this.reading.failWhole(error, length);
  }

  leave(): void {
    if (this.shut()) this.reading.leave();
  }

  /** The body is read in a way that cannot be observed. */
  lose(): void {
    if (this.shut()) this.reading.lose();
  }

  /** Two branches in place of this one. */
  split(): [BodyBranch, BodyBranch] {
    this.open = false;
    return this.reading.split(this.offset);
  }

  private shut(): boolean {
    const wasOpen = this.open;
    this.open = false;
    return wasOpen;
  }
}

/** A `fetch` that is not the platform's may stream text or buffers. */
function otherBytesOf(chunk: unknown): Uint8Array | null {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return types.isAnyArrayBuffer(chunk) ? new Uint8Array(chunk) : null;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

import type { Exchange, Framing } from '../exchanges/exchange.js';
import { errorOfEvent } from '../dialects/error-body.js';
import { guard } from '../guard.js';
import { asObject, parseJson } from '../json/json-value.js';
import { dataAt, plainData, skim, type Landmarks } from '../json/skim.js';
import { AwsEventStreamReader } from './aws-event-stream.js';
import { BinaryReader } from './binary.js';
import type { EventReader, OnEvent } from './framing.js';
import { JsonArrayReader } from './json-array.js';
import { NdjsonReader } from './ndjson.js';
import { ERROR_EVENT, SseReader } from './sse.js';

/** Reads the events of a stream into an exchange. After the first delta of a stream, most events are only counted. */
export class EventReading {
  /** Deltas that were counted without measuring their text. */
  private unmeasured = 0;

  private constructor(
    private readonly exchange: Exchange,
    createReader: (onEvent: OnEvent) => EventReader,
  ) {
    this.reader = createReader((data, type) => this.readEvent(data, type));
  }

  private readonly reader: EventReader;

  /** Returns `null` for a JSON body, which has no events. */
  static of(framing: Framing, exchange: Exchange): EventReading | null {
    const createReader = READERS[framing];
    return createReader && new EventReading(exchange, (onEvent) => createReader(onEvent, exchange));
  }

  /** True if a response that is complete ends the exchange at once, because each event is parsed when it arrives. */
  get isEager(): boolean {
    return !(this.reader instanceof SseReader);
  }

  push(chunk: Uint8Array): void {
    const { exchange, reader } = this;
    reader.push(chunk);
    if (exchange.firstTokenAt === null || exchange.onComplete !== null) reader.read();
  }

  /** The application may not read on: parses all events so far. */
  readAll(): void {
    this.reader.read(true);
  }

  /** Parses the rest. Returns whether the body was empty. */
  end(): { readonly blank: boolean } {
    this.reader.end();
    return { blank: !this.reader.hasEvents && !this.reader.hasForeignLines };
  }

  private readEvent(data: string, type: string | null): void {
    const { exchange, reader } = this;
    const { content, request, response } = exchange;
    const isError = type === ERROR_EVENT && reader instanceof SseReader;
    request.format.readEvent(data, response, isError ? null : type);
    if (isError && !response.complete) response.error ??= errorOfEvent(data);
    if (content) {
      guard('reading content', () => {
        const event = asObject(parseJson(data));
        if (event) content.readEvent(event);
      });
    }
    if (exchange.firstTokenAt !== null || response.outputChunks === 0) return;
    exchange.firstTokenAt = exchange.lastActivityAt;
    const { landmarks } = request.format;
    const mustParse = content !== null || exchange.onComplete !== null;
    if (!mustParse && landmarks?.piece.test(data) && reader instanceof SseReader)
      reader.skim = (lines, last) => this.skim(lines, landmarks, last);
  }

  private skim(lines: string, landmarks: Landmarks, last: boolean): boolean {
    const skimmed = skim(lines, landmarks);
    if (skimmed === null) return false;
    const { response } = this.exchange;
    for (const start of skimmed.marked) this.readEvent(dataAt(lines, start), null);
    if (response.usage.outputTokens !== null || !last) {
      response.outputChunks += skimmed.plainCount;
      this.unmeasured += skimmed.plainCount;
      return true;
    }
    // The stream has no usage. The remaining text is measured and extrapolated to the deltas that were only counted.
    for (const data of plainData(lines, skimmed)) this.readEvent(data, null);
    const measured = response.outputChunks - this.unmeasured;
    response.outputBytes += Math.round((response.outputBytes / Math.max(1, measured)) * this.unmeasured);
    this.unmeasured = 0;
    return true;
  }
}

const READERS: Readonly<Record<Framing, ((onEvent: OnEvent, exchange: Exchange) => EventReader) | null>> = {
  json: null,
  binary: (_, { response }) => new BinaryReader(() => (response.hasContent = true)),
  sse: (onEvent) => new SseReader(onEvent),
  // A line that is too long counts as one that cannot be read.
  ndjson: (onEvent, { lines }) => new NdjsonReader(onEvent, () => lines?.add('{}')),
  'json-array': (onEvent) => new JsonArrayReader(onEvent),
  'aws-event-stream': (onEvent) => new AwsEventStreamReader(onEvent),
};

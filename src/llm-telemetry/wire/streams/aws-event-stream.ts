import type { EventReader, OnEvent } from './framing.js';
import { GrowingBuffer, MAX_JSON_SIZE } from './growing-buffer.js';

/**
 * Parses the frames of an AWS event stream. The type of an event is in the headers of its frame: `metadata`, `chunk`, or
 * the name of an exception. Checksums are not verified: the client does, and a stream that it rejects is not read on.
 *
 * Frame: total length, length of the headers, checksum of both (4 bytes each, big endian); headers; payload; checksum.
 * Header: length of the name (1 byte), name, type of the value (1 byte), value.
 *
 * Source: Smithy specification, “Amazon event stream”; @smithy/eventstream-codec (`HeaderMarshaller`).
 */
export class AwsEventStreamReader implements EventReader {
  hasEvents = false;
  hasForeignLines = false;
  private readonly bytes = new GrowingBuffer();
  /** Remaining bytes of a frame that is too long to buffer. */
  private skipped = 0;

  constructor(private readonly onEvent: OnEvent) {}

  push(chunk: Uint8Array): void {
    if (this.hasForeignLines) return;
    const skipped = Math.min(this.skipped, chunk.length);
    this.skipped -= skipped;
    if (skipped === chunk.length) return;
    this.bytes.push(chunk.subarray(skipped));
    this.readFrames();
  }

  /** Frames are parsed when they end. */
  read(): void {}

  end(): void {
    this.bytes.clear();
  }

  private readFrames(): void {
    const bytes = this.bytes.view();
    let at = 0;
    while (bytes.length - at >= PRELUDE_LENGTH) {
      const length = bytes.readUInt32BE(at);
      const headersLength = bytes.readUInt32BE(at + 4);
      if (length < MIN_FRAME_LENGTH || headersLength > length - MIN_FRAME_LENGTH) {
        this.hasForeignLines = true;
        this.bytes.clear();
        return;
      }
      if (length > MAX_FRAME_LENGTH) {
        this.skipped = length - (bytes.length - at);
        at = bytes.length;
        break;
      }
      if (bytes.length - at < length) break;
      this.readFrame(bytes.subarray(at, at + length), headersLength);
      at += length;
    }
    this.bytes.consume(at);
  }

  private readFrame(frame: Buffer, headersLength: number): void {
    const payloadAt = PRELUDE_LENGTH + headersLength;
    const headers = readHeaders(frame.subarray(PRELUDE_LENGTH, payloadAt));
    const type =
      headers.get(':exception-type') ?? headers.get(':error-code') ?? headers.get(':event-type') ?? null;
    this.hasEvents = true;
    this.onEvent(frame.toString('utf8', payloadAt, frame.length - CHECKSUM_LENGTH), type);
  }
}

/** Reads the headers with string values. Headers after one of an unknown type are not read. */
function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes[at]!;
    const type = bytes[nameEnd];
    const name = bytes.toString('utf8', at + 1, nameEnd);
    const valueAt = nameEnd + 1;
    if (type === undefined) break;
    const fixedLength = FIXED_LENGTHS[type];
    if (fixedLength !== undefined) {
      at = valueAt + fixedLength;
      continue;
    }
    if ((type !== STRING && type !== BYTE_ARRAY) || valueAt + 2 > bytes.length) break;
    at = valueAt + 2 + bytes.readUInt16BE(valueAt);
    if (type === STRING) headers.set(name, bytes.toString('utf8', valueAt + 2, at));
  }
  return headers;
}

/** Lengths of values by type: true, false, byte, short, integer, long; then timestamp and UUID. */
const FIXED_LENGTHS: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const BYTE_ARRAY = 6;
const STRING = 7;
const PRELUDE_LENGTH = 12;
const CHECKSUM_LENGTH = 4;
const MIN_FRAME_LENGTH = PRELUDE_LENGTH + CHECKSUM_LENGTH;
const MAX_FRAME_LENGTH = MAX_JSON_SIZE;
